#include "engine/kube/resource_version.h"

#include <algorithm>

namespace kubediag::kube {
namespace {

bool IsDecimal(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view WithoutLeadingZeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

std::partial_ordering CompareVersions(std::string_view a, std::string_view b) {
  if (!IsDecimal(a) || !IsDecimal(b)) return std::partial_ordering::unordered;
  a = WithoutLeadingZeros(a);
  b = WithoutLeadingZeros(b);
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

bool IsOldNews(std::string_view event, std::string_view known) {
  if (!event.empty() && event == known) return true;
  return std::is_lteq(CompareVersions(event, known));
}

}  // namespace kubediag::kube
