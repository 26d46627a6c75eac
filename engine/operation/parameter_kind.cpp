#include "engine/operation/parameter_kind.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/operation/text.h"

namespace kubediag::operation {
namespace {

Fit FitOfInteger(const ParameterDescriptor& parameter, std::string_view text) {
  // A '+' is fine here (Go's Atoi), from_chars takes only '-'.
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    return Fit::kWrongKind;
  }
  const bool too_wide = error == std::errc::result_out_of_range;
  const bool negative = text.front() == '-';
  const bool below = parameter.minimum && (too_wide ? negative : value < *parameter.minimum);
  const bool above = parameter.maximum && (too_wide ? !negative : value > *parameter.maximum);
  if (below || above) return Fit::kOutOfRange;
  return too_wide ? Fit::kTooWide : Fit::kFits;
}

Fit FitOfUrl(const ParameterDescriptor& parameter, std::string_view url) {
  if (IsUrlButForItsPort(url)) return Fit::kBadPort;
  if (!IsUrl(url)) return Fit::kWrongKind;
  const bool is_base = url.find_first_of("?#") == std::string_view::npos;
  return parameter.base_url && !is_base ? Fit::kNotABase : Fit::kFits;
}

Fit RightKind(bool is_right) { return is_right ? Fit::kFits : Fit::kWrongKind; }

}  // namespace

Fit FitOf(const ParameterDescriptor& parameter, const std::string& value) {
  switch (parameter.kind) {
    case ParameterKind::kString:
      return Fit::kFits;
    case ParameterKind::kInteger:
      return FitOfInteger(parameter, value);
    case ParameterKind::kBoolean:
      return RightKind(value == "true" || value == "false");
    case ParameterKind::kChoice:
      return RightKind(std::find(parameter.choices.begin(), parameter.choices.end(), value) !=
                       parameter.choices.end());
    case ParameterKind::kUrl:
      return FitOfUrl(parameter, value);
  }
  return Fit::kWrongKind;
}

std::string RangeText(const ParameterDescriptor& parameter) {
  const std::optional<int64_t>& minimum = parameter.minimum;
  const std::optional<int64_t>& maximum = parameter.maximum;
  if (minimum && maximum) {
    return "from " + std::to_string(*minimum) + " to " + std::to_string(*maximum);
  }
  if (minimum) return "at least " + std::to_string(*minimum);
  if (maximum) return "at most " + std::to_string(*maximum);
  return {};
}

}  // namespace kubediag::operation
