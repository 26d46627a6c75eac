// IPv4 and IPv6 addresses, and ranges of them in CIDR notation.
//
// Values; the functions may be called from several threads.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag {

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

// "10.0.0.0/8", "::1/128", or an address alone. InvalidArgument says why it is none; bits beyond
// the prefix may not be set.
Result<Cidr> ParseCidr(std::string_view text);

}  // namespace kubediag
