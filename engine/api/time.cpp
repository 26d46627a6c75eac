#include "engine/api/time.h"

#include "engine/core/rfc3339.h"

namespace kubediag::api {

Time Now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string FormatTime(Time time) { return FormatRfc3339(time); }

std::optional<Time> ParseTime(std::string_view text) { return ParseRfc3339(text); }

}  // namespace kubediag::api
