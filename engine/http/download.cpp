#include "engine/http/download.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <cerrno>
#include <memory>

#include "engine/core/deadline.h"
#include "engine/core/unique_fd.h"

namespace kubediag::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;

constexpr milliseconds kStopInterval{100};  // between looks at the stop token

// A socket as Beast reads from it, with an end to its patience.
class Connection {
 public:
  Connection(seconds idle, const std::stop_token& stop) : idle_(idle), stop_(stop) {}

  Status Open(const std::string& host, uint16_t port);
  Status Write(std::string_view bytes);

  // What Beast asks of a SyncReadStream.
  template <typename Buffers>
  size_t read_some(const Buffers& buffers, error_code& error) {  // NOLINT: Beast's name
    for (const asio::mutable_buffer buffer : beast::buffers_range_ref(buffers)) {
      if (buffer.size() == 0) continue;
      return Read(static_cast<char*>(buffer.data()), buffer.size(), error);
    }
    return 0;
  }
  template <typename Buffers>
  size_t read_some(const Buffers& buffers) {  // NOLINT: Beast's name
    error_code error;
    return read_some(buffers, error);
  }

  // Why reading ended, if it was not the server.
  const Status& failure() const { return failure_; }

 private:
  bool Await(short events);
  size_t Read(char* bytes, size_t size, error_code& error);

  const seconds idle_;
  const std::stop_token stop_;
  UniqueFd socket_;
  Status failure_;
};

bool Connection::Await(short events) {
  const Deadline deadline = Deadline::After(idle_);
  for (;;) {
    if (stop_.stop_requested()) {
      failure_ = Status::Cancelled("cancelled");
      return false;
    }
    pollfd source{socket_.get(), events, 0};
    const Deadline turn = Deadline::Earlier(deadline, Deadline::After(kStopInterval));
    const int ready = poll(&source, 1, turn.PollTimeout());
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) {
      failure_ = Status::FromErrno("wait for the page", errno);
      return false;
    }
    if (deadline.Passed()) {
      failure_ =
          Status::DeadlineExceeded("nothing came for " + std::to_string(idle_.count()) + " s");
      return false;
    }
  }
}

Status Connection::Open(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unknown = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (unknown != 0) return Status::Unavailable(host + ": " + gai_strerror(unknown));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    socket_ = UniqueFd(socket(each->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_.valid()) return Status::FromErrno("make a socket", errno);
    if (connect(socket_.get(), each->ai_addr, each->ai_addrlen) == 0) return Status::Ok();
    error = errno;
    if (error != EINPROGRESS) continue;
    if (!Await(POLLOUT)) return failure_;
    socklen_t size = sizeof error;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return Status::Ok();
  }
  return Status::Unavailable(
      Status::FromErrno("connect to " + host + " port " + std::to_string(port), error).message());
}

Status Connection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!Await(POLLOUT)) return failure_;
    } else if (errno != EINTR) {
      return Status::Unavailable(Status::FromErrno("ask the page", errno).message());
    }
  }
  return Status::Ok();
}

size_t Connection::Read(char* bytes, size_t size, error_code& error) {
  for (;;) {
    const ssize_t got = recv(socket_.get(), bytes, size, 0);
    if (got > 0) return static_cast<size_t>(got);
    if (got == 0) {
      error = asio::error::eof;
      return 0;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      error = error_code(errno, boost::system::system_category());
      return 0;
    }
    if (!Await(POLLIN)) {
      error = asio::error::operation_aborted;
      return 0;
    }
  }
}

std::string RequestText(const DownloadRequest& request) {
  const bool is_v6 = request.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + request.host + "]" : request.host;
  return "GET " + request.target + " HTTP/1.1\r\nHost: " + host + ":" +
         std::to_string(request.port) +
         "\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n";
}

Status StatusOf(const error_code& error, const Connection& connection) {
  if (!connection.failure().ok()) return connection.failure();
  if (error == beast::http::error::body_limit) {
    return Status::ResourceExhausted("the answer is larger than what is taken");
  }
  const bool cut = error == beast::http::error::end_of_stream ||
                   error == beast::http::error::partial_message || error == asio::error::eof ||
                   error.category() == boost::system::system_category();
  if (cut) return Status::Unavailable("the answer was cut off: " + error.message());
  return Status::DataLoss("that is no HTTP answer: " + error.message());
}

}  // namespace

Result<int> Download(const DownloadRequest& request, const OnBytes& on_bytes,
                     const std::stop_token& stop) {
  constexpr size_t kPieceBytes = 64 * kKiB;
  constexpr int kOk = 200;
  Connection connection(request.idle, stop);
  KUBEDIAG_RETURN_IF_ERROR(connection.Open(request.host, request.port));
  KUBEDIAG_RETURN_IF_ERROR(connection.Write(RequestText(request)));
  beast::flat_buffer buffer(kMaxHttpHeaderBytes + kPieceBytes);
  beast::http::response_parser<beast::http::buffer_body> parser;
  parser.header_limit(kMaxHttpHeaderBytes);
  parser.body_limit(request.max_bytes);
  error_code error;
  beast::http::read_header(connection, buffer, parser, error);
  if (error) return StatusOf(error, connection);
  const int answer =
      parser.get().result_int() <= 999 ? static_cast<int>(parser.get().result_int()) : 0;
  if (answer != kOk) return answer;
  // Without a length the end of the connection would pass for the end of the file.
  if (!parser.content_length() && !parser.chunked()) {
    return Status::DataLoss("the answer does not say how long it is");
  }
  std::array<char, kPieceBytes> piece;
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    beast::http::read(connection, buffer, parser, error);
    if (error == beast::http::error::need_buffer) error = {};
    if (error) return StatusOf(error, connection);
    KUBEDIAG_RETURN_IF_ERROR(on_bytes({piece.data(), piece.size() - parser.get().body().size}));
  }
  return answer;
}

}  // namespace kubediag::http
