#include "plugins/http_server/endpoint.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace kubediag::http_server {
namespace {

// Nothing that could end the host's part of a URL.
bool IsHostText(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  });
}

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

Status Invalid(std::string_view name, std::string_view value, std::string_view expected) {
  return Status(StatusCode::kInvalidArgument, "InvalidSetting",
                "httpServer." + std::string(name) + ": \"" + std::string(value) + "\" is not " +
                    std::string(expected));
}

}  // namespace

Result<std::string> EndpointUrl(const Values& settings) {
  const std::string_view scheme = settings.Text("scheme", "http");
  const std::string_view address = settings.Text("address", "127.0.0.1");
  const std::string_view port = settings.Text("port", "");
  const std::string_view path = settings.Text("path", "/");
  if (scheme != "http" && scheme != "https") return Invalid("scheme", scheme, "http or https");
  if (!IsHostText(address)) return Invalid("address", address, "an IP address or a DNS name");
  if (!port.empty() && !IsPort(port)) return Invalid("port", port, "a number from 1 to 65535");
  const bool v6 = address.find(':') != std::string_view::npos;
  std::string url(scheme);
  url.append("://").append(v6 ? "[" : "").append(address).append(v6 ? "]" : "");
  if (!port.empty()) url.append(":").append(port);
  if (!path.starts_with('/')) url.append("/");
  return url.append(path);
}

}  // namespace kubediag::http_server
