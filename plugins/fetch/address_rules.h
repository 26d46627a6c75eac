// Which addresses a server that a user named may have.
//
// Denied without permission: addresses of this machine (loopback, unspecified), of its link, of
// cloud metadata services, and those that name no single host. IPv6 addresses that carry an IPv4
// address are judged by it too. Private networks are allowed: nodes live there.
//
// Immutable after Build; may be used from several threads.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

namespace kubediag::fetch {

// 16 bytes of an IPv6 address, or 4 of an IPv4 one.
struct Address {
  std::array<uint8_t, 16> bytes{};
  size_t size = 0;  // 4 or 16
};

// Nullopt for anything but AF_INET and AF_INET6.
std::optional<Address> AddressOf(const sockaddr& address);
// "127.0.0.1", "::1"; no zone, no port, no brackets.
std::optional<Address> ParseAddress(std::string_view text);
std::string ToString(const Address& address);

struct Cidr {
  Address base;
  unsigned prefix = 0;  // bits
  bool Contains(const Address& address) const;
};

// "10.0.0.0/8", "::1/128", or an address alone. InvalidArgument if bits beyond the prefix are set.
Result<Cidr> ParseCidr(std::string_view text);

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
