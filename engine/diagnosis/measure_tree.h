// How much lies beneath a folder, whatever an operation has put there.
//
// No symbolic link is followed and nothing that is mounted is entered. Depth costs neither stack
// nor descriptors, and memory only for the names of the folders that are still to be looked at, up
// to a limit. Thread-safe: no state.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>

#include "engine/core/limits.h"
#include "engine/core/result.h"

namespace kubediag::diagnosis {

struct TreeSize {
  uint64_t bytes = 0;                              // on the disk, and something for each entry
  std::chrono::system_clock::time_point newest{};  // change of anything in it (ctime)
  // Why there is more than was counted: a folder that is closed to us, or more than the limits.
  Status uncounted;
};

struct MeasureLimits {
  size_t entries = kMaxSweptEntries;
  size_t name_bytes = kMaxSweptNameBytes;  // of folders that are still to be looked at
};

// Of the folder `name` and all it holds; what was counted until then once `stop` is requested.
// NotFound; FailedPrecondition "MountedHere" if anything is mounted on it or in it;
// ResourceExhausted if we lack descriptors or memory.
Result<TreeSize> MeasureTree(int parent, const std::string& name, const std::stop_token& stop,
                             MeasureLimits limits = {});

}  // namespace kubediag::diagnosis
