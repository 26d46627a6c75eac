#include "test/engine/http/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>

namespace kubediag::http {
namespace {

constexpr timeval kPatience{20, 0};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

}  // namespace

std::string RawResponse::Find(std::string_view name) const {
  const std::string key = "\r\n" + Lower(name) + ": ";
  const size_t at = Lower(head).find(key);
  if (at == std::string::npos) return {};
  const size_t begin = at + key.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

RawClient::RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  // NOLINTNEXTLINE(google-readability-casting): the socket interface wants this
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  EXPECT_EQ(connect(fd_.get(), generic, sizeof(address)), 0);
}

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has closed: its answer tells
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

bool RawClient::Fill() {
  std::array<char, 16384> bytes{};
  const ssize_t got = recv(fd_.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  pending_.append(bytes.data(), static_cast<size_t>(got));
  return true;
}

RawResponse RawClient::Receive(bool head_only) {
  RawResponse response;
  size_t end;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return response;
  }
  response.head = pending_.substr(0, end + 2);
  pending_.erase(0, end + 4);
  const std::string length = response.Find("Content-Length");
  size_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  if (!head_only) {
    while (pending_.size() < size) {
      if (!Fill()) return response;
    }
    response.body = pending_.substr(0, size);
    pending_.erase(0, size);
  }
  std::from_chars(response.head.data() + 9, response.head.data() + 12, response.status);
  return response;
}

std::string RawClient::ReceiveAll() {
  while (Fill()) {
  }
  return std::move(pending_);
}

bool RawClient::WaitForEnd() {
  char byte;
  for (;;) {
    const ssize_t got = recv(fd_.get(), &byte, 1, 0);
    if (got == 0) return true;
    if (got < 0) return errno == ECONNRESET;
  }
}

std::string Get(std::string_view path, std::string_view extra_headers) {
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  request.append(extra_headers).append("\r\n");
  return request;
}

}  // namespace kubediag::http
