#include "plugins/go_profiler/operation/page_check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::go_profiler {
namespace {

// The address the socket can be reached at from this machine.
struct Reachable {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string host;  // for the Host header: an IP literal with its port
};

Result<Reachable> AddressOf(int listen_socket) {
  Reachable to;
  to.size = sizeof to.address;
  if (getsockname(listen_socket, reinterpret_cast<sockaddr*>(&to.address), &to.size) != 0) {
    return Status::FromErrno("address of the page's socket", errno);
  }
  char text[INET6_ADDRSTRLEN] = {};
  if (to.address.ss_family == AF_INET) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&to.address);
    if (v4->sin_addr.s_addr == htonl(INADDR_ANY)) v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    to.host = std::string(text) + ":" + std::to_string(ntohs(v4->sin_port));
    return to;
  }
  if (to.address.ss_family == AF_INET6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&to.address);
    if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)) v6->sin6_addr = in6addr_loopback;
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    to.host = "[" + std::string(text) + "]:" + std::to_string(ntohs(v6->sin6_port));
    return to;
  }
  return Status::InvalidArgument("the page's socket is not TCP");
}

Status WaitFor(int fd, short events, Deadline deadline) {
  pollfd waited{fd, events, 0};
  for (;;) {
    const int ready = poll(&waited, 1, deadline.PollTimeout());
    if (ready > 0) return Status::Ok();
    if (ready == 0) return Status::Unavailable("it does not answer in time");
    if (errno != EINTR) return Status::FromErrno("poll", errno);
  }
}

Result<UniqueFd> Connect(const Reachable& to, Deadline deadline) {
  UniqueFd fd(socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return Status::FromErrno("socket", errno);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size) == 0) return fd;
  if (errno != EINPROGRESS) return Status::FromErrno("connect to " + to.host, errno);
  KUBEDIAG_RETURN_IF_ERROR(WaitFor(fd.get(), POLLOUT, deadline));
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return Status::FromErrno("connect to " + to.host, error);
  return fd;
}

// "http://10.0.2.15:39900/3f9c…/" → "/3f9c…/"
std::string PathOf(const std::string& base_url) {
  const size_t scheme = base_url.find("://");
  const size_t slash = base_url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return slash == std::string::npos ? "/" : base_url.substr(slash);
}

}  // namespace

Status CheckPage(int listen_socket, const std::string& base_url, Deadline deadline) {
  constexpr std::string_view kStatusLine = "HTTP/1.1 200 ";
  KUBEDIAG_ASSIGN_OR_RETURN(const Reachable to, AddressOf(listen_socket));
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd fd, Connect(to, deadline));
  const std::string request =
      "GET " + PathOf(base_url) + " HTTP/1.1\r\nHost: " + to.host + "\r\nConnection: close\r\n\r\n";
  // A fresh connection takes this little at once.
  if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return Status::Unavailable("it takes no request");
  }
  std::string answer;
  while (answer.size() < kStatusLine.size()) {
    KUBEDIAG_RETURN_IF_ERROR(WaitFor(fd.get(), POLLIN, deadline));
    char piece[512];
    const ssize_t got = recv(fd.get(), piece, sizeof piece, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return Status::Unavailable("it closes the connection");
    answer.append(piece, static_cast<size_t>(got));
  }
  if (answer.starts_with(kStatusLine)) return Status::Ok();
  return Status::Unavailable("it answers \"" + answer.substr(0, answer.find('\r')) + "\"");
}

}  // namespace kubediag::go_profiler
