// Whether somebody is still writing a file that was dropped into a watched folder. Thread-safe.
#pragma once

namespace kubediag::catalog {

// `fd` is open for reading only. False also where the kernel will not tell: on a network file
// system, or for a file of another user's.
bool IsOpenForWriting(int fd);

}  // namespace kubediag::catalog
