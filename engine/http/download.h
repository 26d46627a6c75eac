// Download: a GET of something that a page of ours serves, over plain HTTP.
//
// Thread-safe; blocks its caller. Knows no redirects and no compression.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/core/limits.h"
#include "engine/core/result.h"

namespace kubediag::http {

struct DownloadRequest {
  std::string host;  // a name or an address, IPv6 without brackets
  uint16_t port = 0;
  std::string target;  // path and query
  uint64_t max_bytes = kMaxPageFileBytes;
  seconds idle = kPageTimeout;  // the server may say nothing for that long
};

// Takes the body of a 200 answer as it comes; its Status ends the download.
using OnBytes = std::function<Status(std::string_view bytes)>;

// The HTTP status, whatever it is. Ok only if the whole body has come; Unavailable: no connection,
// or cut off; DeadlineExceeded; Cancelled; ResourceExhausted; DataLoss: that was no HTTP.
Result<int> Download(const DownloadRequest& request, const OnBytes& on_bytes,
                     const std::stop_token& stop);

}  // namespace kubediag::http
