// CpprestExchange: one request on its way through the library, seen from the thread that waits.
// Private to cpprest_transport.cpp.
//
// The library calls from its pool and never blocks there: each piece of the body is lent to the
// waiting thread, and the library's next read begins when that has taken it. So memory stays flat,
// and the body is never copied by the library's own buffers.
#pragma once

#include <cpprest/astreambuf.h>
#include <cpprest/http_client.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>

#include "engine/core/deadline.h"
#include "engine/kube/transport.h"

namespace kubediag::kube {

class CpprestExchange : public std::enable_shared_from_this<CpprestExchange> {
 public:
  // `idle` is how long the server may say nothing, `start` until it begins to answer, and for all
  // of an answer to a stream that is none.
  struct Bounds {
    Deadline deadline = Deadline::Never();
    Deadline::Clock::duration start = Deadline::Clock::duration::max();
    Deadline::Clock::duration idle = Deadline::Clock::duration::max();
    size_t max_body = 0;
  };
  // What came of it. `failed`: the connection did, or was cut off; it is not to be used again.
  struct Outcome {
    Result<Response> response;
    bool failed = false;
    int error = 0;  // of the library, where failed
  };

  // Sends `message` and waits. Bodies of status 200 go to `on_bytes` if that is set, all others
  // into the Response.
  static Outcome Run(const std::shared_ptr<web::http::client::http_client>& client,
                     web::http::http_request message, const Bounds& bounds,
                     const Transport::OnBytes& on_bytes, const std::stop_token& stop);

  // Called by the library's threads.
  pplx::task<size_t> Offer(const uint8_t* bytes, size_t size);

 private:
  struct Piece {
    const uint8_t* bytes = nullptr;
    size_t size = 0;
    pplx::task_completion_event<size_t> taken;
  };

  void Start(const std::shared_ptr<web::http::client::http_client>& client,
             web::http::http_request& message);
  void TakeHeaders(const web::http::http_response& response);
  void End(const std::exception_ptr& error);
  Outcome Await(const Bounds& bounds, const Transport::OnBytes& on_bytes,
                const std::stop_token& stop);
  Status TakePiece(const Piece& piece, const Bounds& bounds, const Transport::OnBytes& on_bytes);
  void Abandon();

  std::mutex mutex_;
  std::condition_variable_any changed_;
  pplx::cancellation_token_source cancel_;
  Response response_;  // the body is the waiting thread's
  bool has_headers_ = false;
  bool has_piece_ = false;
  Piece piece_;
  bool abandoned_ = false;
  bool ended_ = false;
  std::exception_ptr error_;
};

}  // namespace kubediag::kube
