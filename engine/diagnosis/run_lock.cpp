#include "engine/diagnosis/run_lock.h"

#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/core/file.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::diagnosis {

std::string RunFolder(const std::string& uid) { return "runs/" + uid; }

bool IsRunUid(const std::string& uid) {
  constexpr size_t kMaxUidBytes = 64;
  return !uid.empty() && uid.size() <= kMaxUidBytes &&
         std::all_of(uid.begin(), uid.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

Result<std::shared_ptr<RunLock>> RunLock::Take(int data_root, const std::string& uid) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd directory, MakeDirectoryAt(data_root, RunFolder(uid)));
  if (flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Status::FromErrno("lock " + RunFolder(uid), errno);
    return Status::FailedPrecondition("another process runs it or serves its pages (" +
                                      RunFolder(uid) + " of the data root is locked)")
        .WithReason(kReasonAlreadyRunning);
  }
  return std::shared_ptr<RunLock>(new RunLock(std::move(directory)));
}

}  // namespace kubediag::diagnosis
