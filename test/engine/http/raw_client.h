// RawClient: a TCP client that sends exactly the bytes a test writes, well-formed or not.
//
// Reads end after kPatience, far beyond what a healthy server takes, so a failing test ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace kubediag::http {

struct RawResponse {
  int status = 0;    // 0: the connection ended before a whole response came
  std::string head;  // status line and headers
  std::string body;

  std::string Find(std::string_view name) const;
};

class RawClient {
 public:
  explicit RawClient(uint16_t port);  // connects to 127.0.0.1; fails the test if it cannot

  void Send(std::string_view bytes);
  // One response, by its Content-Length; `head_only` for the answer to HEAD.
  RawResponse Receive(bool head_only = false);
  RawResponse Ask(std::string_view request) {
    Send(request);
    return Receive();
  }
  // Everything until the server closes.
  std::string ReceiveAll();
  // True once the server has closed the connection (also by a reset); false after kPatience.
  bool WaitForEnd();
  void Close() { fd_.Reset(); }

 private:
  bool Fill();  // false at the end of the connection

  UniqueFd fd_;
  std::string pending_;
};

// A GET of `path` with the header fields every request needs.
std::string Get(std::string_view path, std::string_view extra_headers = "");

}  // namespace kubediag::http
