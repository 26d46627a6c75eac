#include "plugins/go_profiler/demo/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/core/limits.h"

namespace kubediag::demo {
namespace {

constexpr size_t kMaxConnections = 64;
constexpr size_t kMaxHeaderBytes = 128 * kKiB;
constexpr size_t kMaxBodyBytes = 64 * kMiB;

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

Result<Context> MakeContext(const ServerOptions& options) {
  Context context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  BIO* certificate_bio = BIO_new_mem_buf(options.certificate_pem.data(),
                                         static_cast<int>(options.certificate_pem.size()));
  BIO* key_bio = BIO_new_mem_buf(options.key_pem.data(), static_cast<int>(options.key_pem.size()));
  X509* certificate = PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
  const bool used = certificate != nullptr && key != nullptr &&
                    SSL_CTX_use_certificate(context.get(), certificate) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), key) == 1;
  EVP_PKEY_free(key);
  X509_free(certificate);
  BIO_free(key_bio);
  BIO_free(certificate_bio);
  if (!used) return Status::InvalidArgument("the certificate or its key cannot be used");
  return context;
}

std::optional<Request> ParseHead(std::string_view head) {
  Request request;
  const size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const size_t first = line.find(' ');
  const size_t second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  head.remove_prefix(line_end + 2);
  while (!head.empty()) {
    const size_t end = head.find("\r\n");
    const std::string_view header = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    const size_t colon = header.find(':');
    if (colon == std::string_view::npos) continue;
    std::string name(header.substr(0, colon));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    std::string_view value = header.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    request.headers.emplace_back(std::move(name), value);
  }
  return request;
}

std::optional<Request> ReadRequest(Connection& connection) {
  std::string bytes;
  size_t head_end = std::string::npos;
  while (head_end == std::string::npos) {
    if (bytes.size() >= kMaxHeaderBytes || !connection.Read(bytes, kMaxHeaderBytes)) {
      return std::nullopt;
    }
    head_end = bytes.find("\r\n\r\n");
  }
  const std::string_view received = bytes;
  auto request = ParseHead(received.substr(0, head_end + 2));
  if (!request) return std::nullopt;
  const std::string_view length_text = request->Header("content-length");
  size_t length = 0;
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (length > kMaxBodyBytes) return std::nullopt;
  request->body = bytes.substr(head_end + 4);
  while (request->body.size() < length) {
    if (!connection.Read(request->body, length - request->body.size())) return std::nullopt;
  }
  return request;
}

// OpenSSL writes without MSG_NOSIGNAL; the signal goes to the thread that writes.
void BlockSigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

struct Bound {
  UniqueFd socket;
  uint16_t port = 0;
};

Result<Bound> Listen(const ServerOptions& options) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, options.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(options.port);
    size = sizeof *v4;
  } else if (inet_pton(AF_INET6, options.address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(options.port);
    size = sizeof *v6;
  } else {
    return Status::InvalidArgument("\"" + options.address + "\" is not an IP address");
  }
  Bound bound;
  bound.socket.Reset(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(bound.socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (bind(bound.socket.get(), address, size) != 0 || listen(bound.socket.get(), 64) != 0 ||
      getsockname(bound.socket.get(), address, &size) != 0) {
    return Status::FromErrno("listen on " + options.address, errno);
  }
  bound.port = ntohs(storage.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
  return bound;
}

class ThreadedServer final : public Server {
 public:
  ThreadedServer(const ServerOptions& options, Bound bound, Context context, Handler handler)
      : address_(options.address),
        bound_(std::move(bound)),
        context_(std::move(context)),
        handler_(std::move(handler)),
        thread_([this] { AcceptAll(); }) {}

  ~ThreadedServer() override {
    stopping_ = true;
    shutdown(bound_.socket.get(), SHUT_RDWR);  // wakes accept()
    thread_.join();
    for (Session& session : sessions_) session.connection.Abort();
    for (Session& session : sessions_) session.thread.join();
  }

  uint16_t port() const override { return bound_.port; }

  std::string url() const override {
    const bool v6 = address_.find(':') != std::string::npos;
    return (context_ == nullptr ? "http://" : "https://") + (v6 ? "[" + address_ + "]" : address_) +
           ":" + std::to_string(bound_.port);
  }

 private:
  struct Session {
    Session(UniqueFd socket, SSL_CTX* context) : connection(std::move(socket), context) {}
    Connection connection;
    std::atomic<bool> ended = false;
    std::thread thread;
  };

  void AcceptAll() {
    while (!stopping_) {
      UniqueFd socket(accept4(bound_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const int error = errno;
      sessions_.remove_if([](Session& session) {
        if (!session.ended) return false;
        session.thread.join();
        return true;
      });
      if (!socket.valid() || sessions_.size() >= kMaxConnections) {
        if (socket.valid() || error == ECONNABORTED || error == EINTR) continue;
        if (stopping_) return;
        poll(nullptr, 0, 100);  // out of descriptors: sessions that end free some
        continue;
      }
      Session& session = sessions_.emplace_back(std::move(socket), context_.get());
      session.thread = std::thread([this, &session] { Serve(session); });
    }
  }

  void Serve(Session& session) {
    BlockSigpipe();
    Connection& connection = session.connection;
    if (connection.Accept()) {
      const auto request = ReadRequest(connection);
      if (request && handler_(*request, connection)) connection.Close();
      connection.Abort();
    }
    session.ended = true;
  }

  const std::string address_;
  const Bound bound_;
  const Context context_;
  const Handler handler_;
  std::atomic<bool> stopping_ = false;
  std::list<Session> sessions_;  // the accepting thread's, then the destructor's
  std::thread thread_;           // last: it uses all of the above
};

std::string_view StatusText(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 429:
      return "Too Many Requests";
    default:
      return status >= 500 ? "Internal Server Error" : "Answer";
  }
}

}  // namespace

std::string_view Request::Header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return "";
}

std::string Serialize(const Response& response) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
  text.append(StatusText(response.status)).append("\r\n");
  text += "Content-Type: " + response.content_type + "\r\n";
  text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  text += "Connection: close\r\n";
  for (const auto& [name, value] : response.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text + "\r\n" + response.body;
}

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Handler handler) {
  Context context;
  if (!options.certificate_pem.empty()) {
    KUBEDIAG_ASSIGN_OR_RETURN(context, MakeContext(options));
  }
  KUBEDIAG_ASSIGN_OR_RETURN(Bound bound, Listen(options));
  return std::unique_ptr<Server>(std::make_unique<ThreadedServer>(
      options, std::move(bound), std::move(context), std::move(handler)));
}

}  // namespace kubediag::demo
