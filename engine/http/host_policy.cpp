#include "engine/http/host_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace kubediag::http {
namespace {

std::string Normalise(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string normal(name);
  for (char& c : normal) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return normal;
}

bool IsPortSuffix(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() < 2 || text.size() > 6 || text.front() != ':') return false;
  return std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsAddress(int family, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;  // inet_pton would stop there
  in6_addr address;                                             // large enough for either family
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

}  // namespace

HostPolicy::HostPolicy(const std::vector<std::string>& names) {
  names_.reserve(names.size() + 1);
  names_.emplace_back("localhost");
  for (const std::string& name : names) {
    if (!name.empty()) names_.push_back(Normalise(name));
  }
}

bool HostPolicy::Admits(std::string_view host) const {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    return end != std::string_view::npos && IsPortSuffix(host.substr(end + 1)) &&
           IsAddress(AF_INET6, host.substr(1, end - 1));
  }
  const size_t colon = std::min(host.find(':'), host.size());
  if (!IsPortSuffix(host.substr(colon))) return false;
  const std::string_view name = host.substr(0, colon);
  if (IsAddress(AF_INET, name)) return true;
  return std::find(names_.begin(), names_.end(), Normalise(name)) != names_.end();
}

}  // namespace kubediag::http
