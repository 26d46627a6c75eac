#include "engine/diagnosis/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "engine/core/file.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/remove_tree.h"

namespace kubediag::diagnosis {

namespace {

Status LockWait(int fd, int operation) {
  while (flock(fd, operation) != 0) {
    if (errno != EINTR) return Status::FromErrno("lock runs", errno);
  }
  return Status::Ok();
}

// runs/, with nobody else in the midst of taking or retiring one, until it is closed.
Result<UniqueFd> HoldRuns(int runs_directory) {
  // A descriptor of its own, for locks belong to the open file.
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd runs, OpenAt(runs_directory, ".", O_RDONLY | O_DIRECTORY));
  KUBEDIAG_RETURN_IF_ERROR(LockWait(runs.get(), LOCK_EX));
  return runs;
}

Status LockRun(int directory, const std::string& uid) {
  if (flock(directory, LOCK_EX | LOCK_NB) == 0) return Status::Ok();
  if (errno != EWOULDBLOCK) return Status::FromErrno("lock " + RunFolder(uid), errno);
  return Status::FailedPrecondition("another process runs it or serves its pages (" +
                                    RunFolder(uid) + " of the data root is locked)")
      .WithReason(kReasonAlreadyRunning);
}

}  // namespace

std::string RunFolder(const std::string& uid) { return std::string(kRunsFolder) + "/" + uid; }

bool IsRunUid(const std::string& uid) {
  constexpr size_t kMaxUidBytes = 64;
  return !uid.empty() && uid.size() <= kMaxUidBytes &&
         std::all_of(uid.begin(), uid.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

Result<std::shared_ptr<RunLock>> RunLock::Take(int data_root, const std::string& uid) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd runs, MakeDirectoryAt(data_root, kRunsFolder));
  KUBEDIAG_RETURN_IF_ERROR(LockWait(runs.get(), LOCK_SH));
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd directory, MakeDirectoryAt(runs.get(), uid));
  KUBEDIAG_RETURN_IF_ERROR(LockRun(directory.get(), uid));
  return std::shared_ptr<RunLock>(new RunLock(std::move(directory)));
}

Result<IdleRun> IdleRun::Hold(int runs_directory, const std::string& uid) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd runs, HoldRuns(runs_directory));
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd directory, OpenAt(runs.get(), uid, O_RDONLY | O_DIRECTORY));
  KUBEDIAG_RETURN_IF_ERROR(LockRun(directory.get(), uid));
  return IdleRun(std::move(runs), std::move(directory), uid);
}

Result<std::string> IdleRun::Retire() { return TakeAway(runs_.get(), uid_); }

bool IsRunLocked(int runs_directory, const std::string& uid) {
  return !IdleRun::Hold(runs_directory, uid).ok();
}

}  // namespace kubediag::diagnosis
