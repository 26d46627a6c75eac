#include "engine/diagnosis/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "engine/core/digest.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::diagnosis {
namespace {

constexpr size_t kCapabilityBytes = 16;

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

struct BindAddress {
  SocketAddress address{};
  socklen_t size = 0;
  bool unspecified = false;
};

Result<BindAddress> ParseAddress(const std::string& text) {
  BindAddress bound;
  if (inet_pton(AF_INET, text.c_str(), &bound.address.v4.sin_addr) == 1) {
    bound.address.v4.sin_family = AF_INET;
    bound.size = sizeof(bound.address.v4);
    bound.unspecified = bound.address.v4.sin_addr.s_addr == htonl(INADDR_ANY);
    return bound;
  }
  if (inet_pton(AF_INET6, text.c_str(), &bound.address.v6.sin6_addr) == 1) {
    bound.address.v6.sin6_family = AF_INET6;
    bound.size = sizeof(bound.address.v6);
    bound.unspecified = IN6_IS_ADDR_UNSPECIFIED(&bound.address.v6.sin6_addr);
    return bound;
  }
  return Status::InvalidArgument("viewer address " + text + " is not a numeric IP address");
}

// errno says why when the result is not valid.
UniqueFd ListenOn(BindAddress bound, uint16_t port) {
  const int family = bound.address.any.sa_family;
  (family == AF_INET ? bound.address.v4.sin_port : bound.address.v6.sin6_port) = htons(port);
  UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fd;
  const int on = 1;
  const int off = 0;
  // Connections of an earlier run that linger in TIME_WAIT do not hold the port.
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) {
    (void)setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(fd.get(), &bound.address.any, bound.size) != 0 || listen(fd.get(), SOMAXCONN) != 0) {
    const int error = errno;
    fd.Reset();
    errno = error;
  }
  return fd;
}

Result<uint16_t> PortOf(int fd) {
  SocketAddress bound{};
  socklen_t size = sizeof bound;
  if (getsockname(fd, &bound.any, &size) != 0) return Status::FromErrno("getsockname", errno);
  return ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
}

std::string HostOf(const ExecutorOptions& options, bool unspecified) {
  std::string host = options.viewer_host;
  if (host.empty()) host = unspecified ? options.node_name : options.viewer_address;
  const bool ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  return ipv6 ? "[" + host + "]" : host;
}

}  // namespace

Result<ViewerSocket> BindViewerSocket(const ExecutorOptions& options) {
  KUBEDIAG_ASSIGN_OR_RETURN(const BindAddress bound, ParseAddress(options.viewer_address));
  ViewerSocket socket;
  int error = EADDRINUSE;
  for (uint32_t port = options.first_viewer_port; port <= options.last_viewer_port; ++port) {
    socket.fd = ListenOn(bound, static_cast<uint16_t>(port));
    if (socket.fd.valid()) break;
    error = errno;
  }
  if (!socket.fd.valid()) {
    const std::string range =
        std::to_string(options.first_viewer_port) + "-" + std::to_string(options.last_viewer_port);
    return Status::FromErrno("no port of " + range + " can be bound on " + options.viewer_address,
                             error)
        .WithReason(kReasonViewerPort);
  }
  KUBEDIAG_ASSIGN_OR_RETURN(socket.port, PortOf(socket.fd.get()));
  socket.capability = RandomHex(kCapabilityBytes);
  socket.base_url = "http://" + HostOf(options, bound.unspecified) + ":" +
                    std::to_string(socket.port) + "/" + socket.capability + "/";
  return socket;
}

Result<UniqueFd> RebindViewerSocket(const ExecutorOptions& options, uint16_t port) {
  KUBEDIAG_ASSIGN_OR_RETURN(const BindAddress bound, ParseAddress(options.viewer_address));
  UniqueFd fd = ListenOn(bound, port);
  if (!fd.valid()) {
    return Status::FromErrno("bind " + options.viewer_address + " port " + std::to_string(port),
                             errno)
        .WithReason(kReasonViewerPort);
  }
  return fd;
}

}  // namespace kubediag::diagnosis
