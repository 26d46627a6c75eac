// Transport: one HTTP exchange with the API server, and nothing about Kubernetes beyond that.
//
// The only door to the HTTP library (cpprestsdk, cpprest_transport.cpp), so that it can be
// replaced. Identity is the transport's: it adds the credentials, re-reads them on 401 and tries
// once more. Thread-safe; a stream blocks only its own caller.
//
// Errors: Unavailable (no connection, TLS refused, cut off before the end: for a write the outcome
// is then unknown), DeadlineExceeded, Cancelled, ResourceExhausted (an answer above its cap),
// PermissionDenied (no credentials to be had). An answer of any HTTP status is no error here.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/core/deadline.h"
#include "engine/core/result.h"

namespace kubediag::kube {

struct Request {
  std::string method = "GET";
  std::string target = {};        // absolute path and query, percent-encoded already (paths.h)
  std::string body = {};          // empty: none
  std::string content_type = {};  // of the body
  size_t max_answer_bytes = 0;    // 0: as much as the transport takes
};

struct Response {
  int status = 0;
  std::string body;
  std::optional<std::chrono::seconds> retry_after;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // The whole answer. A request whose connection turns out to be dead may be sent twice, POST
  // included: creates need deterministic names, writes a resourceVersion.
  virtual Result<Response> Send(const Request& request, Deadline deadline,
                                const std::stop_token& stop) = 0;

  // The body of a 200 answer as it arrives, in pieces of any size; `on_bytes` is called by one
  // thread at a time, not always the caller's, and is waited for before more is read, so memory
  // stays flat. Its Status ends the stream and is returned. `idle` is how long the server may say
  // nothing, kWatchStartTimeout at most before it answers: DeadlineExceeded. Returns when the
  // server ends the answer (status 200, body empty); any other status comes back whole, as from
  // Send, within kWatchStartTimeout and kMaxRefusalBytes.
  using OnBytes = std::function<Status(std::string_view bytes)>;
  virtual Result<Response> Stream(const Request& request, std::chrono::seconds idle,
                                  const OnBytes& on_bytes, const std::stop_token& stop) = 0;
};

}  // namespace kubediag::kube
