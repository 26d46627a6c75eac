#include "test/engine/diagnosis/kill_points.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>

namespace kubediag::diagnosis {
namespace {

std::atomic<bool> armed = false;
std::atomic<size_t> calls = 0;
size_t fatal_call = SIZE_MAX;
KillMoment fatal_moment = KillMoment::kBefore;

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

bool IsRegularFile(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
}

// Whether this is the call to die at.
bool IsFatal(int fd) { return armed && IsRegularFile(fd) && calls++ == fatal_call; }

}  // namespace

void DieAt(size_t call, KillMoment moment) {
  fatal_call = call;
  fatal_moment = moment;
  calls = 0;
  armed = true;
}

size_t KillPointCount() { return calls; }

namespace {

int Sync(int fd, long number) {
  const bool fatal = IsFatal(fd);
  if (fatal && fatal_moment == KillMoment::kBefore) Die();
  const int result = static_cast<int>(syscall(number, fd));
  if (fatal) Die();
  return result;
}

}  // namespace
}  // namespace kubediag::diagnosis

// Instead of the C library's.
extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  using kubediag::diagnosis::KillMoment;
  const bool fatal = kubediag::diagnosis::IsFatal(fd);
  if (fatal && kubediag::diagnosis::fatal_moment == KillMoment::kBefore) {
    kubediag::diagnosis::Die();
  }
  const bool half = fatal && kubediag::diagnosis::fatal_moment == KillMoment::kHalfway;
  const ssize_t put = syscall(SYS_write, fd, bytes, half ? size / 2 : size);
  if (fatal) kubediag::diagnosis::Die();
  return put;
}

int fsync(int fd) { return kubediag::diagnosis::Sync(fd, SYS_fsync); }
int fdatasync(int fd) { return kubediag::diagnosis::Sync(fd, SYS_fdatasync); }
}
