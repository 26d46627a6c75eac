// Fetch: has the fetch program make one request and waits for its outcome.
//
// The program is a child of its own, so that nothing a server sends is parsed in this process. The
// token reaches it over a pipe, never in its arguments or environment. Thread-safe.
#pragma once

#include <string_view>

#include "engine/core/deadline.h"
#include "engine/core/result.h"
#include "plugins/fetch/request.h"

namespace kubediag::fetch {

inline constexpr int kBodyDescriptor = 3;  // in the program

struct FetchOptions {
  std::string_view libexec_directory;  // where kubediag-fetch is
  int output_fd = -1;                  // the body goes here; a file or memory file, borrowed
  int cancel_fd = -1;                  // readable: end the fetch; -1: none
  Deadline deadline = Deadline::Never();
};

// A failure carries a reason of reason.h, or Cancelled. After a failure the output may hold a part
// of the body.
Result<Response> Fetch(const Request& request, const FetchOptions& options);

// The same, with the body in memory.
struct FetchedBody {
  Response response;
  std::string body;
};
Result<FetchedBody> FetchToMemory(const Request& request, FetchOptions options);

}  // namespace kubediag::fetch
