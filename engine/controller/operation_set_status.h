// What the status of an OperationSet should say about its graph. Pure functions.
#pragma once

#include <string>

#include "engine/api/objects.h"
#include "engine/core/limits.h"

namespace kubediag::controller {

// The status that `set` should have, made from the one it has: conditions of others stay, and times
// of those that stay the same. `problem` is why the set could not be read whole, empty if it could.
// Paths are listed while the status has at most `max_bytes`; condition Truncated tells if that is
// the limit.
api::OperationSetStatus OperationSetStatusOf(const api::OperationSet& set,
                                             const std::string& problem, api::Time now,
                                             size_t max_bytes = kMaxStatusBytes);

// Whether they would be stored alike.
bool SameStatus(const api::OperationSetStatus& a, const api::OperationSetStatus& b);

// A merge patch of /status that makes it `wanted`, if the set is of this version still.
std::string StatusPatchOf(const std::string& resource_version,
                          const api::OperationSetStatus& wanted);

}  // namespace kubediag::controller
