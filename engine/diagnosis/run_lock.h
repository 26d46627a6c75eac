// RunLock: the folder runs/<uid> of one Diagnosis, locked against every other process and thread.
//
// Taking one and removing a folder exclude each other by a lock on runs/ that is held for that
// moment only: whoever gets a RunLock has a folder that is there, and a removal makes no run fail.
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

// Takes the folder of a run that nobody has locked out of runs/, so that its name is free again:
// to ".gone-…" there, whose name is returned. FailedPrecondition "AlreadyRunning", NotFound.
Result<std::string> RetireRun(int runs_directory, const std::string& uid);

// Whether somebody has it, or it cannot be told.
bool IsRunLocked(int runs_directory, const std::string& uid);

inline constexpr char kRunsFolder[] = "runs";
inline constexpr char kGonePrefix[] = ".gone-";

// "runs/<uid>", under the data root.
std::string RunFolder(const std::string& uid);
// Whether `uid` can name a folder: 1-64 letters, digits and '-'.
bool IsRunUid(const std::string& uid);

}  // namespace kubediag::diagnosis
