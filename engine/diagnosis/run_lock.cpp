#include "engine/diagnosis/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/diagnosis/reasons.h"

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

bool IsRunLocked(int runs_directory, const std::string& uid) {
  const auto runs = HoldRuns(runs_directory);
  if (!runs.ok()) return true;
  const auto directory = OpenAt(runs->get(), uid, O_RDONLY | O_DIRECTORY);
  return !directory.ok() || !LockRun(directory->get(), uid).ok();
}

Result<std::string> RetireRun(int runs_directory, const std::string& uid) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd runs, HoldRuns(runs_directory));
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd directory,
                            OpenAt(runs.get(), uid, O_RDONLY | O_DIRECTORY));
  KUBEDIAG_RETURN_IF_ERROR(LockRun(directory.get(), uid));
  constexpr size_t kNameBytes = 8;
  std::string name = kGonePrefix + RandomHex(kNameBytes);
  if (renameat(runs.get(), uid.c_str(), runs.get(), name.c_str()) != 0) {
    return Status::FromErrno("rename " + RunFolder(uid), errno);
  }
  return name;
}

}  // namespace kubediag::diagnosis
