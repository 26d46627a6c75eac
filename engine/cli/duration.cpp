#include "engine/cli/duration.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kubediag::cli {
namespace {

constexpr std::chrono::seconds kLongest = std::chrono::years(10);

std::optional<int64_t> SecondsIn(char unit) {
  switch (unit) {
    case 'h':
      return 3600;
    case 'm':
      return 60;
    case 's':
      return 1;
    default:
      return std::nullopt;
  }
}

// "1h30m"; nullopt if it is malformed or too long.
std::optional<std::chrono::seconds> Parse(std::string_view text) {
  if (text == "0") return std::chrono::seconds(0);
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  while (!text.empty()) {
    uint32_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(stop - text.data()));
    if (text.empty()) return std::nullopt;
    const std::optional<int64_t> unit = SecondsIn(text.front());
    if (!unit) return std::nullopt;
    text.remove_prefix(1);
    total += int64_t{number} * *unit;
    if (total > kLongest.count()) return std::nullopt;
  }
  return std::chrono::seconds(total);
}

}  // namespace

Result<std::chrono::seconds> ParseDuration(const std::string& text) {
  if (const auto duration = Parse(text)) return *duration;
  return Status::InvalidArgument(text + " is no duration such as 240h, 30m or 1h30m10s");
}

}  // namespace kubediag::cli
