#include "plugins/fetch/address_rules.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace kubediag::fetch {
namespace {

struct DeniedRange {
  const char* cidr;
  const char* what;
};

constexpr DeniedRange kDeniedRanges[] = {
    {"0.0.0.0/8", "an unspecified address"},
    {"127.0.0.0/8", "a loopback address"},
    {"169.254.0.0/16", "a link-local address, where cloud metadata services are"},
    {"100.100.100.200", "the address of a cloud metadata service"},
    {"168.63.129.16", "the address of a cloud metadata service"},
    {"192.0.0.192", "the address of a cloud metadata service"},
    {"224.0.0.0/4", "a multicast address"},
    {"240.0.0.0/4", "a reserved or broadcast address"},
    {"::", "an unspecified address"},
    {"::1", "a loopback address"},
    {"::ffff:0:0/96", "an IPv4 address in IPv6 form"},
    {"::/96", "an IPv4 address in obsolete IPv6 form"},
    {"fd00:ec2::254", "the address of a cloud metadata service"},
    {"fd20:ce::254", "the address of a cloud metadata service"},
    {"fe80::/10", "a link-local address"},
    {"fec0::/10", "an obsolete site-local address"},
    {"ff00::/8", "a multicast address"},
};

// Where the addresses of a range carry the bytes of an IPv4 address that traffic may end at.
struct Carrier {
  const char* cidr;
  std::array<uint8_t, 4> offsets;
  uint8_t mask = 0;     // each byte is inverted by it
  bool may_be = false;  // one of several forms, and only the network knows which
};

constexpr Carrier kCarriers[] = {
    {"::ffff:0:0/96", {12, 13, 14, 15}},    // mapped
    {"::ffff:0:0:0/96", {12, 13, 14, 15}},  // translated (SIIT)
    {"64:ff9b::/96", {12, 13, 14, 15}},     // NAT64
    // NAT64 of the network's own: its prefix has 48, 56, 64 or 96 bits (RFC 6052, byte 8 is 0).
    {"64:ff9b:1::/48", {6, 7, 9, 10}, 0, true},
    {"64:ff9b:1::/48", {7, 9, 10, 11}, 0, true},
    {"64:ff9b:1::/48", {9, 10, 11, 12}, 0, true},
    {"64:ff9b:1::/48", {12, 13, 14, 15}, 0, true},
    {"2002::/16", {2, 3, 4, 5}},            // 6to4
    {"2001::/32", {4, 5, 6, 7}},            // Teredo: the server
    {"2001::/32", {12, 13, 14, 15}, 0xff},  // Teredo: the client
};

struct DeniedCidr {
  Cidr cidr;
  const char* what;
};

const std::vector<DeniedCidr>& DeniedCidrs() {
  static const auto* const cidrs = [] {
    auto* list = new std::vector<DeniedCidr>();
    for (const DeniedRange& range : kDeniedRanges) {
      list->push_back({ParseCidr(range.cidr).value(), range.what});
    }
    return list;
  }();
  return *cidrs;
}

std::vector<Address> Carried(const Address& address) {
  std::vector<Address> carried;
  std::vector<Address> unlikely;
  for (const Carrier& carrier : kCarriers) {
    if (!ParseCidr(carrier.cidr).value().Contains(address)) continue;
    Address inner;
    inner.size = 4;
    for (size_t i = 0; i < inner.size; ++i) {
      inner.bytes[i] = address.bytes[carrier.offsets[i]] ^ carrier.mask;
    }
    // What another form leaves zero reads as 0.x.x.x, which nothing is translated to.
    const bool is_unlikely = carrier.may_be && inner.bytes[0] == 0;
    (is_unlikely ? unlikely : carried).push_back(inner);
  }
  return carried.empty() ? unlikely : carried;
}

}  // namespace

Result<AddressRules> AddressRules::Build(std::span<const std::string> allowed_cidrs) {
  AddressRules rules;
  for (const std::string& text : allowed_cidrs) {
    KUBEDIAG_ASSIGN_OR_RETURN(const Cidr cidr, ParseCidr(text));
    rules.allowed_.push_back(cidr);
  }
  return rules;
}

std::optional<std::string> AddressRules::Denial(const Address& address) const {
  const auto allowed = [&](const Address& candidate) {
    return std::any_of(allowed_.begin(), allowed_.end(),
                       [&](const Cidr& cidr) { return cidr.Contains(candidate); });
  };
  if (allowed(address)) return std::nullopt;
  std::vector<Address> carried = Carried(address);
  if (!carried.empty()) {
    std::erase_if(carried, allowed);
    if (carried.empty()) return std::nullopt;
  }
  for (const DeniedCidr& denied : DeniedCidrs()) {
    const bool itself = denied.cidr.Contains(address);
    const bool inside = std::any_of(carried.begin(), carried.end(), [&](const Address& inner) {
      return denied.cidr.Contains(inner);
    });
    if (itself || inside) return ToString(address) + (itself ? " is " : " carries ") + denied.what;
  }
  return std::nullopt;
}

}  // namespace kubediag::fetch
