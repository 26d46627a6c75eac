#include "plugins/go_profiler/demo/connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/limits.h"

namespace kubediag::demo {
namespace {

constexpr timeval kPatience{.tv_sec = 30, .tv_usec = 0};
constexpr size_t kStep = 16 * kKiB;

}  // namespace

void Connection::SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }

Connection::Connection(UniqueFd socket, SSL_CTX* context) : socket_(std::move(socket)) {
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  if (context == nullptr) return;
  ssl_.reset(SSL_new(context));
  SSL_set_fd(ssl_.get(), socket_.get());
}

Connection::~Connection() = default;

bool Connection::Accept() {
  if (ssl_ == nullptr) return true;
  ERR_clear_error();
  return SSL_accept(ssl_.get()) == 1;
}

bool Connection::Read(std::string& buffer, size_t max_bytes) {
  const size_t used = buffer.size();
  buffer.resize(used + std::min(kStep, max_bytes));
  const size_t room = buffer.size() - used;
  ssize_t got = 0;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    got = SSL_read(ssl_.get(), buffer.data() + used, static_cast<int>(room));
  } else {
    got = recv(socket_.get(), buffer.data() + used, room, 0);
  }
  buffer.resize(used + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return got > 0;
}

bool Connection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t piece = std::min(bytes.size(), kStep);
    ssize_t put = 0;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      put = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(piece));
    } else {
      put = send(socket_.get(), bytes.data(), piece, MSG_NOSIGNAL);
    }
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

void Connection::Close() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_.get());
  shutdown(socket_.get(), SHUT_WR);
  // What the peer still sends would turn into a reset that overtakes our last bytes.
  char rest[1024];
  for (int i = 0; i < 64 && recv(socket_.get(), rest, sizeof rest, 0) > 0; ++i) {
  }
}

void Connection::Abort() { shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace kubediag::demo
