#include "engine/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cerrno>
#include <csignal>
#include <map>
#include <thread>
#include <utility>

#include "engine/http/rate_limiter.h"
#include "engine/http/session.h"

namespace kubediag::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr milliseconds kAcceptRetry{100};  // when the process is out of descriptors

// Threads made while this lives take no signals: those belong to the program's own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

Result<int> FamilyOfListener(int fd) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) {
    return Status::FromErrno("look at the listening socket", errno);
  }
  int family = 0;
  size = sizeof(family);
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) {
    return Status::FromErrno("look at the listening socket", errno);
  }
  if (listening == 0 || (family != AF_INET && family != AF_INET6)) {
    return Status::InvalidArgument("the descriptor is not a listening IPv4 or IPv6 socket");
  }
  return family;
}

// One IPv6 customer has a whole /64 to send from.
std::string RateKey(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto bytes = address.to_v6().to_bytes();
  if (address.to_v6().is_v4_mapped()) return {bytes.begin(), bytes.end()};
  return {bytes.begin(), bytes.begin() + 8};
}

class BeastServer final : public Server, private SessionOwner {
 public:
  BeastServer(Handler& handler, Logger& logger, const ServerOptions& options)
      : handler_(handler),
        logger_(logger),
        options_(options),
        work_(asio::make_work_guard(io_)),
        acceptor_(io_),
        retry_(io_),
        stop_timer_(io_),
        limiter_(options.requests_per_second, options.request_burst, kMaxHttpRatedPeers) {}

  ~BeastServer() override { StopAll(kHttpStopGrace); }

  Status Run(UniqueFd listener, int family) {
    error_code error;
    family_ = family;
    acceptor_.assign(family == AF_INET ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), listener.get(),
                     error);
    if (error) return Status::Internal("take the listening socket: " + error.message());
    (void)listener.Release();
    acceptor_.non_blocking(true, error);
    const SignalsBlocked blocked;
    pool_.emplace(options_.handler_threads);
    Accept();
    thread_ = std::thread([this] { io_.run(); });
    return Status::Ok();
  }

  void Stop(milliseconds grace) override { StopAll(grace); }

 private:
  void StopAll(milliseconds grace) {
    if (!thread_.joinable()) return;
    asio::post(io_, [this, grace] { BeginStop(grace); });
    thread_.join();
    pool_->join();
  }

  void BeginStop(milliseconds grace) {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    stop_timer_.expires_after(grace);
    stop_timer_.async_wait([this](error_code error) {
      if (!error) ForEachSession(&Session::Close);
    });
    ForEachSession(&Session::Drain);
    EndIfDone();
  }

  void ForEachSession(void (Session::*function)()) {
    const auto sessions = sessions_;  // the calls take sessions out of the map
    for (const auto& [key, session] : sessions) (session.get()->*function)();
  }

  void EndIfDone() {
    if (!stopping_ || !sessions_.empty()) return;
    stop_timer_.cancel();
    work_.reset();
    // A handler that is still asked to stop posts its answer to nobody.
    io_.stop();
  }

  void Accept() {
    acceptor_.async_accept([this](error_code error, asio::ip::tcp::socket socket) {
      if (stopping_) return;
      if (error) return AcceptLater(error);
      OnConnection(std::move(socket));
      Accept();
    });
  }

  void AcceptLater(error_code error) {
    if (error == asio::error::connection_aborted) return Accept();
    logger_.Warning("cannot accept a connection", {{"error", error.message()}});
    retry_.expires_after(kAcceptRetry);
    retry_.async_wait([this](error_code cancelled) {
      if (!cancelled && !stopping_) Accept();
    });
  }

  void OnConnection(asio::ip::tcp::socket socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return;  // gone already
    if (sessions_.size() >= options_.max_connections && !CloseAnIdleSession()) {
      static constexpr std::string_view kBusy =
          "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
          "Content-Length: 0\r\n\r\n";
      socket.non_blocking(true, error);
      socket.send(asio::buffer(kBusy.data(), kBusy.size()), 0, error);
      socket.shutdown(asio::ip::tcp::socket::shutdown_send, error);
      return;
    }
    UniqueFd fd(socket.release(error));
    if (error) return;
    const SessionContext context{io_, *pool_, *this, handler_, logger_, options_};
    auto session =
        MakeSession(context, std::move(fd), family_, endpoint.address().to_string(error));
    keys_.emplace(session.get(), next_key_);
    sessions_.emplace(next_key_++, session);
    session->Start();
  }

  // The oldest connection that only waits makes room for a new one.
  bool CloseAnIdleSession() {
    for (const auto& [key, session] : sessions_) {
      if (!session->idle()) continue;
      const auto kept = session;
      kept->Close();
      return true;
    }
    return false;
  }

  bool AdmitRequest(std::string_view peer) override {
    error_code error;
    const auto address = asio::ip::make_address(std::string(peer), error);
    return limiter_.Admit(error ? std::string(peer) : RateKey(address),
                          std::chrono::steady_clock::now());
  }

  void OnEnd(Session& session) override {
    const auto key = keys_.find(&session);
    if (key == keys_.end()) return;
    sessions_.erase(key->second);
    keys_.erase(key);
    EndIfDone();
  }

  Handler& handler_;
  Logger& logger_;
  const ServerOptions options_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  asio::steady_timer stop_timer_;
  PeerRateLimiter limiter_;
  std::map<uint64_t, std::shared_ptr<Session>> sessions_;  // in the order they came
  std::map<Session*, uint64_t> keys_;
  uint64_t next_key_ = 0;
  int family_ = AF_INET;
  bool stopping_ = false;
  std::optional<asio::thread_pool> pool_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(UniqueFd listener, Handler& handler, Logger& logger,
                                              const ServerOptions& options) {
  KUBEDIAG_ASSIGN_OR_RETURN(const int family, FamilyOfListener(listener.get()));
  auto server = std::make_unique<BeastServer>(handler, logger, options);
  KUBEDIAG_RETURN_IF_ERROR(server->Run(std::move(listener), family));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace kubediag::http
