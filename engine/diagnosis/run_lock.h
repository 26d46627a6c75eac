// RunLock: the folder runs/<uid> of one Diagnosis, locked against every other process and thread.
#pragma once

#include <memory>
#include <string>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::diagnosis {

class RunLock {
 public:
  // Makes the folder if it is missing. FailedPrecondition "AlreadyRunning" if somebody else has it.
  static Result<std::shared_ptr<RunLock>> Take(int data_root, const std::string& uid);

  int directory() const { return directory_.get(); }

 private:
  explicit RunLock(UniqueFd directory) : directory_(std::move(directory)) {}
  UniqueFd directory_;  // closing it unlocks
};

// "runs/<uid>", under the data root.
std::string RunFolder(const std::string& uid);
// Whether `uid` can name a folder: 1-64 letters, digits and '-'.
bool IsRunUid(const std::string& uid);

}  // namespace kubediag::diagnosis
