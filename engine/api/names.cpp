#include "engine/api/names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

namespace kubediag::api {
namespace {

constexpr size_t kMaxLabelBytes = 63;
constexpr size_t kMaxSubdomainBytes = 253;
constexpr std::array<std::string_view, 7> kContextKeys = {
    "diagnosis.namespace", "diagnosis.name", "diagnosis.uid", "node",
    "pod.namespace",       "pod.name",       "container"};

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsLetterOrDigit(char c) { return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z'); }

bool IsSubdomainPart(std::string_view part) {
  return !part.empty() && IsLowerOrDigit(part.front()) && IsLowerOrDigit(part.back()) &&
         std::all_of(part.begin(), part.end(),
                     [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

}  // namespace

bool IsDnsLabel(std::string_view name) {
  return name.size() <= kMaxLabelBytes && IsSubdomainPart(name);
}

bool IsDnsSubdomain(std::string_view name) {
  if (name.size() > kMaxSubdomainBytes) return false;
  while (true) {
    const size_t dot = name.find('.');
    if (!IsSubdomainPart(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool IsDataKey(std::string_view key) {
  const bool is_dots = key == "." || key == "..";
  return !key.empty() && key.size() <= kMaxSubdomainBytes && !is_dots &&
         std::all_of(key.begin(), key.end(),
                     [](char c) { return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '.'; });
}

bool IsIpAddress(std::string_view text) {
  const std::string terminated(text);
  unsigned char address[sizeof(in6_addr)];
  return terminated.size() == text.size() &&
         (inet_pton(AF_INET, terminated.c_str(), address) == 1 ||
          inet_pton(AF_INET6, terminated.c_str(), address) == 1);
}

bool IsContextKey(std::string_view key) {
  return std::find(kContextKeys.begin(), kContextKeys.end(), key) != kContextKeys.end();
}

}  // namespace kubediag::api
