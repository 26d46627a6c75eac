// RunLock: the folder runs/<uid> of one Diagnosis, locked against every other process and thread.
//
// Taking one and removing a folder exclude each other by a lock on runs/ that is held for that
// moment only: whoever gets a RunLock has a folder that is there, and a removal makes no run fail.
#pragma once

#include <memory>
#include <string>
#include <utility>

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

// A run that nobody has, kept so until this is destroyed, to be looked at once more and then
// removed. Whoever wants to take any run waits meanwhile: to be held for a moment only.
class IdleRun {
 public:
  // FailedPrecondition "AlreadyRunning", NotFound.
  static Result<IdleRun> Hold(int runs_directory, const std::string& uid);

  int directory() const { return directory_.get(); }
  // Takes its folder out of runs/, so that its name is free again: to ".gone-…" there, whose name
  // is returned (remove_tree.h).
  Result<std::string> Retire();

 private:
  IdleRun(UniqueFd runs, UniqueFd directory, std::string uid)
      : runs_(std::move(runs)), directory_(std::move(directory)), uid_(std::move(uid)) {}
  UniqueFd runs_;  // locked
  UniqueFd directory_;
  std::string uid_;
};

// Whether somebody has it, or it cannot be told.
bool IsRunLocked(int runs_directory, const std::string& uid);

inline constexpr char kRunsFolder[] = "runs";

// "runs/<uid>", under the data root.
std::string RunFolder(const std::string& uid);
// Whether `uid` can name a folder: 1-64 letters, digits and '-'.
bool IsRunUid(const std::string& uid);

}  // namespace kubediag::diagnosis
