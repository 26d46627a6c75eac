// Which addresses a server that a user named may have.
//
// Denied without permission: addresses of this machine (loopback, unspecified), of its link, of
// cloud metadata services, and those that name no single host. IPv6 addresses that carry an IPv4
// address are judged by it too. Private networks are allowed: nodes live there.
//
// Immutable after Build; may be used from several threads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/address.h"
#include "engine/core/result.h"

namespace kubediag::fetch {

class AddressRules {
 public:
  // InvalidArgument names the entry at fault.
  static Result<AddressRules> Build(std::span<const std::string> allowed_cidrs);

  // Why `address` is denied ("127.0.0.1 is a loopback address"), nullopt if it is allowed.
  std::optional<std::string> Denial(const Address& address) const;

 private:
  std::vector<Cidr> allowed_;
};

}  // namespace kubediag::fetch
