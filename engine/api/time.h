// Times as metav1.Time writes them: RFC 3339 with whole seconds, in UTC. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/api/objects.h"

namespace kubediag::api {

// The present second.
Time Now();
// "2026-11-23T12:21:27Z".
std::string FormatTime(Time time);
// Any RFC 3339 time; fractions of a second are cut off, an offset is applied. nullopt if it is
// none.
std::optional<Time> ParseTime(std::string_view text);

}  // namespace kubediag::api
