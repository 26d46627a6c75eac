// Connection: one accepted socket, plain or TLS, with blocking reads and writes that give up after
// a while. Owns the socket. One thread at a time, except Abort().
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace kubediag::demo {

class Connection {
 public:
  // `context` null: plain.
  Connection(UniqueFd socket, SSL_CTX* context);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The TLS handshake. False: it failed.
  bool Accept();
  // Appends what comes next, at most `max_bytes` more. False: end, error or nothing for too long.
  bool Read(std::string& buffer, size_t max_bytes);
  // False: the peer has gone.
  bool Write(std::string_view bytes);
  // Ends it in order: close_notify, then the end of the stream.
  void Close();
  // Ends it from any thread: pending reads and writes fail.
  void Abort();

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const;
  };
  UniqueFd socket_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
};

}  // namespace kubediag::demo
