/* Loaded before libc into a process under test: fsync and fdatasync fail with EIO as long as the
 * file exists that KUBEDIAG_FAILING_FSYNC names, as on a disk that is dying. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(void) {
  const char* const path = getenv("KUBEDIAG_FAILING_FSYNC");
  return path != NULL && access(path, F_OK) == 0;
}

static int sync_or_fail(long call, int descriptor) {
  if (fails()) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(call, descriptor);
}

__attribute__((visibility("default"))) int fsync(int descriptor) {
  return sync_or_fail(SYS_fsync, descriptor);
}

__attribute__((visibility("default"))) int fdatasync(int descriptor) {
  return sync_or_fail(SYS_fdatasync, descriptor);
}
