// What lies beneath a folder, removed, whatever an operation has put there.
//
// No symbolic link is followed, nothing outside the folder is touched, nor what is mounted in it,
// and depth and number of the entries cost neither stack nor descriptors. Thread-safe: no state.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag::diagnosis {

// Frees the name of a folder that is to be removed: renames it to ".gone-…", which is returned and
// by which what is left of it is found again.
Result<std::string> TakeAway(int parent, const std::string& name);
bool IsTakenAway(std::string_view name);
inline constexpr char kGonePrefix[] = ".gone-";

// Removes the folder `name` and all it holds. What cannot be removed, or is mounted, stays, with an
// error. Cancelled once `stop` is requested: call it again to go on.
Status RemoveTree(int parent, const std::string& name, const std::stop_token& stop);

}  // namespace kubediag::diagnosis
