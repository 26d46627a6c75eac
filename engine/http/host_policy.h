// HostPolicy: which Host headers a server answers to. A web site that points its own name at this
// address (DNS rebinding) sends its own name there, and is refused.
//
// Immutable after construction; const methods may be called from several threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kubediag::http {

class HostPolicy {
 public:
  // `names` are admitted besides IP literals and localhost; a trailing dot and case do not count.
  explicit HostPolicy(const std::vector<std::string>& names = {});

  // `host` as in the header: "name", "name:port", "[::1]:port". Any port is admitted, since
  // forwarding and proxies change it.
  bool Admits(std::string_view host) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace kubediag::http
