// What lies beneath a folder, listed, measured and removed, whatever an operation has put there.
//
// No symbolic link is followed, nothing outside the folder is touched, nor what is mounted in it,
// and depth and number of the entries cost neither stack nor descriptors. Thread-safe: no state.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/core/limits.h"
#include "engine/core/result.h"

namespace kubediag::diagnosis {

// Calls `visit` with each name in the directory until it returns false. Entries may be removed
// meanwhile. Not in any order; "." and ".." are left out.
Status ForEachName(int directory, const std::function<bool(const std::string& name)>& visit);

// When the file or what is told of it last changed, by the kernel's own record (ctime): whoever
// wrote the file may have set its other times to anything.
std::chrono::system_clock::time_point ChangeTimeOf(const struct stat& info);

struct TreeSize {
  uint64_t bytes = 0;                              // on the disk, and something for each entry
  std::chrono::system_clock::time_point newest{};  // change of anything in it (ctime)
};
// Of the folder `name` and all it holds, up to `max_entries`. What lies in folders that are closed
// to us, or too deep for a path, is not counted. NotFound; FailedPrecondition "MountedHere" if
// anything is mounted on it or in it.
Result<TreeSize> MeasureTree(int parent, const std::string& name, const std::stop_token& stop,
                             size_t max_entries = kMaxSweptEntries);
inline constexpr char kReasonMountedHere[] = "MountedHere";

// Frees the name of a folder that is to be removed: renames it to ".gone-…", which is returned and
// by which what is left of it is found again.
Result<std::string> TakeAway(int parent, const std::string& name);
bool IsTakenAway(std::string_view name);
inline constexpr char kGonePrefix[] = ".gone-";

// Removes the folder `name` and all it holds. What cannot be removed, or is mounted, stays, with an
// error. Cancelled once `stop` is requested: call it again to go on.
Status RemoveTree(int parent, const std::string& name, const std::stop_token& stop);

}  // namespace kubediag::diagnosis
