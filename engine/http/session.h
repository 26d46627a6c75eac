// Session: one connection of a Server. Internal to this folder.
//
// Everything happens on the server's I/O thread, except Handler::Handle, which runs on its pool. A
// session keeps itself alive while it has an operation under way and ends by SessionOwner::OnEnd.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"
#include "engine/http/handler.h"
#include "engine/http/server.h"

namespace boost::asio {
class io_context;
class thread_pool;
}  // namespace boost::asio

namespace kubediag::http {

class Session {
 public:
  virtual ~Session() = default;
  virtual void Start() = 0;
  // Whether it waits for a request and could be closed without a client noticing more than that.
  virtual bool idle() const = 0;
  // Ends after the answer that is under way, at once if idle.
  virtual void Drain() = 0;
  // Ends now; a running handler is asked to stop and its answer is dropped.
  virtual void Close() = 0;
};

class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual bool AdmitRequest(std::string_view peer) = 0;
  virtual void OnEnd(Session& session) = 0;
};

struct SessionContext {
  boost::asio::io_context& io;
  boost::asio::thread_pool& pool;
  SessionOwner& owner;
  Handler& handler;
  Logger& logger;
  const ServerOptions& options;
};

// `socket` is a connected TCP socket of family `family`.
std::shared_ptr<Session> MakeSession(const SessionContext& context, UniqueFd socket, int family,
                                     std::string peer);

}  // namespace kubediag::http
