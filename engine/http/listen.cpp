#include "engine/http/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace kubediag::http {
namespace {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

}  // namespace

Result<UniqueFd> Listen(const std::string& address, uint16_t port) {
  SocketAddress bound{};
  socklen_t size = 0;
  if (inet_pton(AF_INET, address.c_str(), &bound.v4.sin_addr) == 1) {
    bound.v4.sin_family = AF_INET;
    bound.v4.sin_port = htons(port);
    size = sizeof(bound.v4);
  } else if (inet_pton(AF_INET6, address.c_str(), &bound.v6.sin6_addr) == 1) {
    bound.v6.sin6_family = AF_INET6;
    bound.v6.sin6_port = htons(port);
    size = sizeof(bound.v6);
  } else {
    return Status::InvalidArgument("listen address " + address + " is not a numeric IP address");
  }
  UniqueFd fd(socket(bound.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Status::FromErrno("create a socket", errno);
  const int on = 1;
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const std::string where = address + " port " + std::to_string(port);
  if (bind(fd.get(), &bound.any, size) != 0) return Status::FromErrno("bind " + where, errno);
  if (listen(fd.get(), SOMAXCONN) != 0) return Status::FromErrno("listen on " + where, errno);
  return fd;
}

Result<uint16_t> LocalPort(int fd) {
  SocketAddress bound{};
  socklen_t size = sizeof(bound);
  if (getsockname(fd, &bound.any, &size) != 0) return Status::FromErrno("getsockname", errno);
  if (bound.any.sa_family == AF_INET) return ntohs(bound.v4.sin_port);
  if (bound.any.sa_family == AF_INET6) return ntohs(bound.v6.sin6_port);
  return Status::InvalidArgument("not an IPv4 or IPv6 socket");
}

}  // namespace kubediag::http
