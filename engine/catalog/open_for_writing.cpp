#include "engine/catalog/open_for_writing.h"

#include <fcntl.h>

#include <cerrno>
#include <csignal>

namespace kubediag::catalog {

// A read lease is granted only while nobody has the file open for writing; it is given back at
// once. Where leases are not to be had, a half-written file is merely refused until it is complete.
bool IsOpenForWriting(int fd) {
  // Whoever opens the file in the moment we hold the lease would make the kernel send SIGIO, which
  // ends a process; SIGURG is ignored.
  if (fcntl(fd, F_SETSIG, SIGURG) != 0) return false;
  if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  fcntl(fd, F_SETLEASE, F_UNLCK);
  return false;
}

}  // namespace kubediag::catalog
