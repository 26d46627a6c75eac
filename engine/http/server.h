// Server: a small HTTP/1.1 server for pages and probes that strangers can reach.
//
// It serves a listening socket that somebody else has bound. One thread does the I/O, a few others
// run the handler, so that a long answer does not hold up the rest. Every resource a client can
// take is capped in ServerOptions; a client beyond a cap gets an answer that says so (408, 413,
// 429, 431, 503) or loses its connection. GET, HEAD and POST only; no TLS, no upgrade, no trailers.
//
// Start, Stop and the destructor belong to one owner; the handler is called from several threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/http/handler.h"

namespace kubediag::http {

struct ServerOptions {
  size_t max_header_bytes = kMaxHttpHeaderBytes;
  size_t max_body_bytes = kMaxHttpBodyBytes;
  size_t max_connections = kMaxHttpConnections;
  size_t max_requests_per_connection = kMaxHttpRequestsPerConnection;
  double requests_per_second = kHttpRequestsPerSecond;  // of one peer, on average
  double request_burst = kHttpRequestBurst;             // of one peer, at once
  unsigned handler_threads = 2;
  milliseconds header_timeout = kHttpHeaderTimeout;  // first byte → end of the header
  milliseconds body_timeout = kHttpBodyTimeout;      // end of the header → end of the body
  milliseconds idle_timeout = kHttpIdleTimeout;      // until the first byte of a request
  milliseconds write_timeout = kHttpWriteTimeout;    // for each 64 KiB of a response
  milliseconds handle_timeout = kHttpHandleTimeout;  // then the handler's token asks it to stop
};

class Server {
 public:
  // `listener` must listen on TCP over IPv4 or IPv6. Handler and logger must outlive the server.
  static Result<std::unique_ptr<Server>> Start(UniqueFd listener, Handler& handler, Logger& logger,
                                               const ServerOptions& options = {});
  virtual ~Server() = default;  // as Stop, with kHttpStopGrace

  // Accepts nothing more, lets requests that are under way end within `grace`, then asks their
  // handlers to stop, and returns when all of them have. A second call does nothing.
  virtual void Stop(milliseconds grace) = 0;
};

}  // namespace kubediag::http
