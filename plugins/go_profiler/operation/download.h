// From a running Go program to a profile on disk, whole or not at all.
#pragma once

#include <kubediag/job.h>

#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "plugins/go_profiler/operation/target.h"
#include "plugins/go_profiler/profile/profile.h"

namespace kubediag::go_profiler {

struct SavedProfile {
  std::string file_name;  // in the artifact folder
  uint64_t size = 0;      // bytes
  std::string sha256;
  UniqueFd file;  // open for reading
  std::shared_ptr<const profile::Profile> profile;
};

// Downloads the target into the job's artifact folder and decodes it; only a file that holds a
// profile gets its name. The status has a reason of a fetch, ProfilingDisabled or NotAProfile.
Result<SavedProfile> Download(const Job& job, const Target& target);

// A profile that an earlier run has saved. NotFound if it has gone.
Result<SavedProfile> OpenSaved(int directory_fd, const std::string& file_name);

}  // namespace kubediag::go_profiler
