// The sockets of operations that serve pages: bound here, so that an operation needs no rights and
// cannot choose where it listens, and so that a restarted engine finds the same port again.
//
// Functions are thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/diagnosis/executor.h"

namespace kubediag::diagnosis {

struct ViewerSocket {
  UniqueFd fd;  // listening, close-on-exec
  uint16_t port = 0;
  std::string base_url;    // "http://HOST:PORT/<capability>/"
  std::string capability;  // 128 random bits as 32 hexadecimal digits
};

// The first free port of the range. Unavailable "ViewerPortUnavailable" if none is.
Result<ViewerSocket> BindViewerSocket(const ExecutorOptions& options);
// The same port as before.
Result<UniqueFd> RebindViewerSocket(const ExecutorOptions& options, uint16_t port);

}  // namespace kubediag::diagnosis
