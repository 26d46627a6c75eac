#include "engine/core/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

namespace kubediag {
namespace {

// `address` with all bits beyond the prefix zero.
Address Masked(Address address, unsigned prefix) {
  for (size_t bit = prefix; bit < address.size * 8; ++bit) {
    address.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80U >> (bit % 8)));
  }
  return address;
}

}  // namespace

std::optional<Address> AddressOf(const sockaddr& address) {
  Address result;
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    result.size = 4;
    std::memcpy(result.bytes.data(), &v4.sin_addr, 4);
    return result;
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    result.size = 16;
    std::memcpy(result.bytes.data(), &v6.sin6_addr, 16);
    return result;
  }
  return std::nullopt;
}

std::optional<Address> ParseAddress(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  Address result;
  if (inet_pton(AF_INET, terminated.c_str(), result.bytes.data()) == 1) {
    result.size = 4;
    return result;
  }
  if (inet_pton(AF_INET6, terminated.c_str(), result.bytes.data()) == 1) {
    result.size = 16;
    return result;
  }
  return std::nullopt;
}

std::string ToString(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.size == 4 ? AF_INET : AF_INET6, address.bytes.data(), text, sizeof text);
  return text;
}

bool Cidr::Contains(const Address& address) const {
  if (address.size != base.size) return false;
  for (unsigned bit = 0; bit < prefix; ++bit) {
    const auto mask = static_cast<uint8_t>(0x80U >> (bit % 8));
    if (((address.bytes[bit / 8] ^ base.bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

Result<Cidr> ParseCidr(std::string_view text) {
  const auto malformed = [&](std::string_view why) {
    return Status::InvalidArgument("\"" + std::string(text) +
                                   "\" is not an address range: " + std::string(why));
  };
  const size_t slash = text.find('/');
  const auto base = ParseAddress(text.substr(0, slash));
  if (!base) return malformed("no IPv4 or IPv6 address");
  Cidr cidr{*base, static_cast<unsigned>(base->size * 8)};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc() || end != digits.data() + digits.size() || prefix > cidr.prefix) {
      return malformed("the prefix length is wrong");
    }
    cidr.prefix = prefix;
  }
  const Address range = Masked(*base, cidr.prefix);
  if (range.bytes != base->bytes) {
    return malformed("bits beyond the prefix are set; the range is " + ToString(range) + "/" +
                     std::to_string(cidr.prefix));
  }
  return cidr;
}

}  // namespace kubediag
