// pidfd_open(2), which the C library's own header declares for C only.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "engine/core/unique_fd.h"

namespace kubediag::process {

// Not valid, with errno set, if there is no such process (any more).
inline UniqueFd OpenPidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace kubediag::process
