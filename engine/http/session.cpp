#include "engine/http/session.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "engine/http/wire.h"

namespace kubediag::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;
using beast::error_code;

constexpr size_t kWriteChunkBytes = 64 * kKiB;
constexpr size_t kLingerReadBytes = 4 * kKiB;
constexpr size_t kMaxLingerBytes = 256 * kKiB;  // read and dropped after the last answer

std::string ToString(beast::string_view text) { return {text.data(), text.size()}; }

class BeastSession final : public Session, public std::enable_shared_from_this<BeastSession> {
 public:
  BeastSession(const SessionContext& context, UniqueFd socket, int family, std::string peer)
      : context_(context),
        socket_(context.io),
        timer_(context.io),
        // Room for a full header, and for the request behind it while an answer is made.
        buffer_(2 * context.options.max_header_bytes),
        peer_(std::move(peer)) {
    error_code error;
    socket_.assign(family == AF_INET ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), socket.get(),
                   error);
    if (error) return;
    (void)socket.Release();
    socket_.non_blocking(true, error);
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
  }

  void Start() override { AwaitRequest(context_.options.header_timeout); }
  bool idle() const override { return state_ == State::kIdle; }

  void Drain() override {
    draining_ = true;
    if (state_ == State::kIdle) Close();
  }

  void Close() override {
    if (state_ == State::kClosed) return;
    state_ = State::kClosed;
    stop_.request_stop();
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
    context_.owner.OnEnd(*this);
  }

 private:
  enum class State { kIdle, kHeader, kBody, kHandling, kWriting, kLingering, kClosed };

  // The one timer of the session: each state arms it anew and names what happens when it fires.
  template <typename Function>
  void Arm(milliseconds timeout, Function on_timeout) {
    timer_.expires_after(timeout);
    timer_.async_wait([self = shared_from_this(), on_timeout](error_code error) {
      // A wait that fired just before the timer was armed anew must not count.
      if (error || self->timer_.expiry() > asio::steady_timer::clock_type::now()) return;
      if (self->state_ != State::kClosed) on_timeout(*self);
    });
  }

  void AwaitRequest(milliseconds timeout) {
    if (draining_ && requests_ > 0) return Close();
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(context_.options.max_header_bytes));
    parser_->body_limit(context_.options.max_body_bytes);
    if (buffer_.size() > 0) return ReadHeader();
    state_ = State::kIdle;
    Arm(timeout, [](BeastSession& self) { self.Close(); });
    WatchForInput();
  }

  // Tells when bytes arrive or the client leaves; at most one such wait is under way at a time, so
  // one that was begun while a request was handled also serves the next state.
  void WatchForInput() {
    if (watching_) return;
    watching_ = true;
    socket_.async_wait(asio::ip::tcp::socket::wait_read,
                       [self = shared_from_this()](error_code error) {
                         self->watching_ = false;
                         if (self->state_ == State::kClosed) return;
                         if (error) return self->Close();
                         if (self->state_ == State::kIdle) return self->ReadHeader();
                         if (self->state_ == State::kHandling) self->ReadAhead();
                       });
  }

  // While a handler runs: keeps a pipelined request for later, notices the end of the connection.
  void ReadAhead() {
    const size_t room = std::min(buffer_.max_size() - buffer_.size(), size_t{4096});
    if (room == 0) return;  // cannot look past what waits; the answer will find out
    error_code error;
    const size_t size = socket_.read_some(buffer_.prepare(room), error);
    if (error == asio::error::would_block) return WatchForInput();
    if (error) return Close();
    buffer_.commit(size);
    WatchForInput();
  }

  void ReadHeader() {
    state_ = State::kHeader;
    Arm(context_.options.header_timeout,
        [](BeastSession& self) { self.Refuse(408, "the request header took too long\n"); });
    beast::http::async_read_header(socket_, buffer_, *parser_,
                                   [self = shared_from_this()](error_code error, size_t size) {
                                     self->OnHeader(error, size);
                                   });
  }

  void OnHeader(error_code error, size_t size) {
    if (state_ != State::kHeader) return;
    if (error) return OnReadError(error);
    // The parser looks at its limit only while the header is incomplete.
    if (size > context_.options.max_header_bytes) {
      return OnReadError(make_error_code(beast::http::error::header_limit));
    }
    const auto& request = parser_->get();
    const beast::http::verb verb = request.method();
    ++requests_;
    head_only_ = verb == beast::http::verb::head;
    if (!context_.owner.AdmitRequest(peer_)) {
      Response response = Response::Text(429, "too many requests; try again in a second\n");
      response.headers.push_back({"Retry-After", "1"});
      return Refuse(std::move(response));
    }
    if (verb != beast::http::verb::get && verb != beast::http::verb::head &&
        verb != beast::http::verb::post) {
      Response response = Response::Text(405, "GET, HEAD and POST only\n");
      response.headers.push_back({"Allow", "GET, HEAD, POST"});
      return Refuse(std::move(response));
    }
    if (const char* problem = FindProblem()) return Refuse(400, problem);
    if (parser_->is_done()) return Dispatch();
    ReadBody();
  }

  // What the grammar allows and this server does not; null if there is nothing.
  const char* FindProblem() const {
    const auto& request = parser_->get();
    if (!request.target().starts_with('/')) return "the request target is not a path\n";
    const size_t hosts = request.count(beast::http::field::host);
    if (hosts > 1) return "more than one Host header\n";
    if (hosts == 0 && request.version() == 11) return "no Host header\n";
    if (request.count(beast::http::field::content_length) > 0 &&
        request.count(beast::http::field::transfer_encoding) > 0) {
      return "both Content-Length and Transfer-Encoding\n";  // the seed of request smuggling
    }
    if (request.count(beast::http::field::transfer_encoding) > 0 && !request.chunked()) {
      return "unknown Transfer-Encoding\n";
    }
    return nullptr;
  }

  void ReadBody() {
    state_ = State::kBody;
    Arm(context_.options.body_timeout,
        [](BeastSession& self) { self.Refuse(408, "the request body took too long\n"); });
    if (beast::iequals(parser_->get()[beast::http::field::expect], "100-continue")) {
      // So few bytes always fit the empty send buffer of a connection that awaits them.
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      error_code error;
      socket_.send(asio::buffer(kContinue.data(), kContinue.size()), 0, error);
      if (error) return Close();
    }
    beast::http::async_read(socket_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, size_t) {
                              if (self->state_ != State::kBody) return;
                              if (error) return self->OnReadError(error);
                              self->Dispatch();
                            });
  }

  void OnReadError(error_code error) {
    using HttpError = beast::http::error;
    if (error == HttpError::header_limit || error == HttpError::buffer_overflow) {
      return Refuse(431, "the request header is too large\n");
    }
    if (error == HttpError::body_limit) return Refuse(413, "the request body is too large\n");
    if (error == HttpError::bad_version) return Refuse(505, "HTTP/1.1 only\n");
    const bool malformed = error.category() == make_error_code(HttpError::bad_method).category() &&
                           error != HttpError::end_of_stream && error != HttpError::partial_message;
    if (malformed) return Refuse(400, "malformed request\n");
    Close();
  }

  void Dispatch() {
    state_ = State::kHandling;
    keep_alive_ = parser_->keep_alive() &&
                  requests_ < context_.options.max_requests_per_connection && !draining_;
    Request request = TakeRequest();
    stop_ = std::stop_source();
    Arm(context_.options.handle_timeout, [](BeastSession& self) { self.stop_.request_stop(); });
    WatchForInput();
    asio::post(context_.pool, [self = shared_from_this(), request = std::move(request),
                               token = stop_.get_token()]() mutable {
      Response response = self->RunHandler(request, std::move(token));
      asio::post(self->context_.io, [self, response = std::move(response)]() mutable {
        if (self->state_ == State::kHandling) self->Answer(std::move(response));
      });
    });
  }

  Request TakeRequest() {
    auto message = parser_->release();
    Request request;
    request.method = message.method() == beast::http::verb::get    ? Method::kGet
                     : message.method() == beast::http::verb::head ? Method::kHead
                                                                   : Method::kPost;
    const std::string target = ToString(message.target());
    const size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    if (question < target.size()) request.query = target.substr(question + 1);
    request.host = ToString(message[beast::http::field::host]);
    request.peer = peer_;
    for (const auto& field : message) {
      request.headers.push_back({ToString(field.name_string()), ToString(field.value())});
    }
    request.body = std::move(message.body());
    return request;
  }

  // On the pool. Whatever a handler throws ends its request, not the process.
  Response RunHandler(const Request& request, std::stop_token token) noexcept {
    try {
      if (token.stop_requested()) return Response::Text(503, "stopped\n");
      return context_.handler.Handle(request, std::move(token));
    } catch (const std::exception& error) {
      context_.logger.Error("a request handler threw",
                            {{"path", request.path}, {"error", error.what()}});
      return Response::Text(500, "internal error\n");
    }
  }

  void Refuse(int status, const char* text) { Refuse(Response::Text(status, text)); }
  // Answers and closes: what follows on this connection cannot be told from this request.
  void Refuse(Response response) {
    keep_alive_ = false;
    Answer(std::move(response));
  }

  void Answer(Response response) {
    state_ = State::kWriting;
    if (draining_) keep_alive_ = false;
    response_ = std::move(response);
    head_ = SerialiseHead(response_, keep_alive_);
    sent_ = head_only_ || response_.status == 304 ? response_.body.size() : 0;
    WriteChunk();
  }

  void WriteChunk() {
    auto chunk = response_.body.Chunk(sent_, kWriteChunkBytes, scratch_);
    if (!chunk.ok()) {
      context_.logger.Warning("a response was cut", {{"reason", chunk.status().ToString()}});
      return Close();
    }
    sent_ += chunk->size();
    Arm(context_.options.write_timeout, [](BeastSession& self) { self.Close(); });
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(head_),
                                                   asio::buffer(chunk->data(), chunk->size())};
    asio::async_write(socket_, pieces, [self = shared_from_this()](error_code error, size_t) {
      if (self->state_ != State::kWriting) return;
      if (error) return self->Close();
      self->head_.clear();
      if (self->sent_ < self->response_.body.size()) return self->WriteChunk();
      self->OnAnswered();
    });
  }

  void OnAnswered() {
    response_ = {};
    scratch_ = {};
    head_only_ = false;
    if (keep_alive_ && !draining_) return AwaitRequest(context_.options.idle_timeout);
    Linger();
  }

  // Closing with unread input would reset the connection and could take the answer with it.
  void Linger() {
    state_ = State::kLingering;
    error_code error;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
    if (error) return Close();
    Arm(kHttpLingerTimeout, [](BeastSession& self) { self.Close(); });
    DropInput();
  }

  void DropInput() {
    // Not into buffer_: after a timeout the read that was too slow may still own it.
    scratch_.resize(kLingerReadBytes);
    socket_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this()](error_code error, size_t size) {
                              if (self->state_ != State::kLingering) return;
                              self->lingered_ += size;
                              if (error || self->lingered_ > kMaxLingerBytes) return self->Close();
                              self->DropInput();
                            });
  }

  const SessionContext context_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;  // of the current request
  const std::string peer_;
  State state_ = State::kIdle;
  size_t requests_ = 0;
  bool watching_ = false;
  bool draining_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
  std::stop_source stop_;
  Response response_;
  std::string head_;
  std::string scratch_;
  uint64_t sent_ = 0;
  size_t lingered_ = 0;
};

}  // namespace

std::shared_ptr<Session> MakeSession(const SessionContext& context, UniqueFd socket, int family,
                                     std::string peer) {
  return std::make_shared<BeastSession>(context, std::move(socket), family, std::move(peer));
}

}  // namespace kubediag::http
