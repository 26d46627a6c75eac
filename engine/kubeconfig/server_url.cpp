#include "engine/kubeconfig/server_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace kubediag::kubeconfig {
namespace {

constexpr std::string_view kSchemeEnd = "://";

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  return lower;
}

bool HasOddCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return c <= ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>';
  });
}

bool IsPort(std::string_view port) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number >= 1 && number <= 65535;
}

// What is wrong with "host", "host:port" or "[v6]:port".
std::optional<std::string> FaultOfAuthority(std::string_view authority) {
  std::string_view rest;
  if (StartsWith(authority, "[")) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos || end == 1) return "its IPv6 address does not end in ]";
    rest = authority.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return "something stands between ] and the port";
  } else {
    const size_t colon = authority.find(':');
    if (colon == 0 || authority.empty()) return "names no host";
    if (colon != std::string_view::npos) rest = authority.substr(colon);
    if (std::count(authority.begin(), authority.end(), ':') > 1) {
      return "an IPv6 address needs [ and ] around it";
    }
  }
  if (rest.empty() || IsPort(rest.substr(1))) return std::nullopt;
  return "its port is not a number from 1 to 65535";
}

}  // namespace

Result<std::string> CheckServerUrl(std::string_view url, bool has_tls) {
  if (url.empty()) return Status::InvalidArgument("is missing: the address of the API server");
  if (HasOddCharacter(url)) {
    return Status::InvalidArgument("holds a character that no address has");
  }
  std::string scheme = has_tls ? "https" : "http";
  if (const size_t end = url.find(kSchemeEnd); end != std::string_view::npos) {
    scheme = Lower(url.substr(0, end));
    url.remove_prefix(end + kSchemeEnd.size());
  }
  if (scheme != "https" && scheme != "http") {
    return Status::InvalidArgument("its scheme is neither https nor http");
  }
  if (url.find_first_of("?#") != std::string_view::npos) {
    return Status::InvalidArgument("has a query or a fragment, which an API server's does not");
  }
  while (!url.empty() && url.back() == '/') url.remove_suffix(1);
  const std::string_view authority = url.substr(0, url.find('/'));
  if (authority.find('@') != std::string_view::npos) {
    return Status::InvalidArgument("has a user name in it: credentials belong under users");
  }
  if (const auto fault = FaultOfAuthority(authority)) return Status::InvalidArgument(*fault);
  return scheme + std::string(kSchemeEnd) + std::string(url);
}

Status CheckProxyUrl(std::string_view url) {
  if (url.empty()) return Status::Ok();
  const size_t end = url.find(kSchemeEnd);
  const std::string scheme = end == std::string_view::npos ? "" : Lower(url.substr(0, end));
  if (scheme != "http" && scheme != "https" && scheme != "socks5") {
    return Status::InvalidArgument("does not begin with http://, https:// or socks5://");
  }
  if (HasOddCharacter(url)) {
    return Status::InvalidArgument("holds a character that no address has");
  }
  if (url.size() == end + kSchemeEnd.size()) return Status::InvalidArgument("names no host");
  return Status::Ok();
}

std::string HostAndPort(std::string_view host, std::string_view port) {
  const bool bracket = host.find(':') != std::string_view::npos && host.front() != '[';
  return (bracket ? "[" : "") + std::string(host) + (bracket ? "]:" : ":") + std::string(port);
}

bool IsPlainHttp(std::string_view checked_url) { return StartsWith(checked_url, "http:"); }

}  // namespace kubediag::kubeconfig
