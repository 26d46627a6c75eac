#include "engine/operation/parameter_kind.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "engine/operation/text.h"

namespace kubediag::operation {
namespace {

bool IsInteger(std::string_view text) {
  // A '+' is fine here (Go's Atoi), from_chars takes only '-'.
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool IsOfKind(const ParameterDescriptor& parameter, const std::string& value) {
  switch (parameter.kind) {
    case ParameterKind::kString:
      return true;
    case ParameterKind::kInteger:
      return IsInteger(value);
    case ParameterKind::kBoolean:
      return value == "true" || value == "false";
    case ParameterKind::kChoice:
      return std::find(parameter.choices.begin(), parameter.choices.end(), value) !=
             parameter.choices.end();
    case ParameterKind::kUrl:
      return IsUrl(value);
  }
  return false;
}

}  // namespace kubediag::operation
