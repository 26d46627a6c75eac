// A page with the node's load and memory as they are now, for as long as the Diagnosis says: an
// operation that answers first and serves on.
#include <fcntl.h>
#include <kubediag/operation.h>
#include <kubediag/posix.h>
#include <sys/socket.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr size_t kMaxRequestBytes = 8192;
constexpr seconds kRequestTimeout{5};
constexpr int64_t kMaxExpirationSeconds = 86'400;

std::string FileText(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string Answer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"
         "Connection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

class NodePage : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    return kubediag::Declaration("node-page")
        .Version("1.0")
        .Doc("Serves a page with the load and the memory of the node.")
        .ServesHttp()
        .Add(kubediag::Parameter::Integer("node_page.expiration_seconds")
                 .Default("600")
                 .Minimum(1)
                 .Maximum(kMaxExpirationSeconds)
                 .Doc("How long the page is there."));
  }

  kubediag::Outcome Run(kubediag::Job& job) override {
    const int64_t expiration = job.parameters().Integer("node_page.expiration_seconds");
    job.Emit("node_page.endpoint", "Visit " + std::string(job.base_url()) +
                                       ", this server will expire in " +
                                       std::to_string(expiration) + " seconds.");
    return Serve(job, system_clock::now() + seconds(expiration));
  }

  // The state is the time at which the page expires, in seconds of the Unix epoch.
  kubediag::Outcome Restore(kubediag::Job& job) override {
    const int64_t expires = std::stoll(std::string(job.state()));
    return Serve(job, system_clock::time_point(seconds(expires)));
  }

 private:
  static kubediag::Outcome Serve(kubediag::Job& job, system_clock::time_point expires) {
    const auto linger = expires - system_clock::now();
    if (linger <= linger.zero()) return kubediag::Outcome::Success();
    const auto end = steady_clock::now() + linger;
    // A connection may be gone again before it is accepted; then accept() must not wait.
    fcntl(job.listen_socket(), F_SETFL, fcntl(job.listen_socket(), F_GETFL) | O_NONBLOCK);
    const auto epoch = std::chrono::duration_cast<seconds>(expires.time_since_epoch());
    job.Complete(linger, std::to_string(epoch.count()));

    while (WaitFor(job, job.listen_socket(), POLLIN, end - steady_clock::now()) ==
           kubediag::Wake::kReady) {
      const int connection = accept4(job.listen_socket(), nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      ServeOne(job, connection);
      close(connection);
    }
    return kubediag::Outcome::Success();
  }

  static void ServeOne(const kubediag::Job& job, int connection) {
    const std::string request = ReadRequest(job, connection);
    if (request.empty()) return;
    const std::string_view url = job.base_url();
    const std::string_view path = url.substr(url.find('/', url.find("://") + 3));
    const bool is_ours = request.rfind("GET " + std::string(path) + " ", 0) == 0;
    const std::string answer =
        is_ours ? Answer("200 OK", FileText("/proc/loadavg") + "\n" + FileText("/proc/meminfo"))
                : Answer("404 Not Found", "The page is at the address in the Diagnosis' status.\n");
    for (std::string_view left = answer; !left.empty();) {
      if (WaitFor(job, connection, POLLOUT, kRequestTimeout) != kubediag::Wake::kReady) return;
      const ssize_t sent = send(connection, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return;
      left.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // Empty if it is too long, too slow, or the client has left.
  static std::string ReadRequest(const kubediag::Job& job, int connection) {
    const auto end = steady_clock::now() + kRequestTimeout;
    std::string request;
    char buffer[1024];
    while (request.find("\r\n\r\n") == std::string::npos) {
      if (request.size() > kMaxRequestBytes) return {};
      if (WaitFor(job, connection, POLLIN, end - steady_clock::now()) != kubediag::Wake::kReady) {
        return {};
      }
      const ssize_t count = recv(connection, buffer, sizeof(buffer), MSG_DONTWAIT);
      if (count <= 0) return {};
      request.append(buffer, static_cast<size_t>(count));
    }
    return request;
  }
};

}  // namespace

KUBEDIAG_OPERATION(NodePage);
