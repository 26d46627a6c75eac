// Points in time as RFC 3339 writes them, with whole seconds. Pure functions, thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kubediag {

// In UTC: "2026-11-23T12:21:27Z".
std::string FormatRfc3339(std::chrono::sys_seconds time);
// Fractions of a second are cut off, an offset is applied. nullopt if `text` is no such time.
std::optional<std::chrono::sys_seconds> ParseRfc3339(std::string_view text);

}  // namespace kubediag
