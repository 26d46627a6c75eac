// What lies beneath a folder, listed, measured and removed, whatever an operation has put there.
//
// No symbolic link is followed, nothing outside the folder is touched, and depth and number of the
// entries cost neither stack nor descriptors. Thread-safe: no state.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "engine/core/result.h"

namespace kubediag::diagnosis {

// Calls `visit` with each name in the directory until it returns false. Entries may be removed
// meanwhile. Not in any order; "." and ".." are left out.
Status ForEachName(int directory, const std::function<bool(const std::string& name)>& visit);

struct TreeSize {
  uint64_t bytes = 0;                              // on the disk, and something for each entry
  std::chrono::system_clock::time_point newest{};  // change of anything in it
};
// Of the folder `name` and all it holds, up to kMaxSweptEntries. NotFound.
Result<TreeSize> MeasureTree(int parent, const std::string& name, const std::stop_token& stop);

// Removes the folder `name` and all it holds. What cannot be removed stays, with an error.
// Cancelled once `stop` is requested: call it again to go on.
Status RemoveTree(int parent, const std::string& name, const std::stop_token& stop);

}  // namespace kubediag::diagnosis
