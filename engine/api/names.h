// Which strings Kubernetes takes for names, and which KubeDiag keeps for itself. Pure functions,
// thread-safe.
#pragma once

#include <string_view>

namespace kubediag::api {

// RFC 1123: lower-case letters, digits and '-', at most 63 bytes (namespaces) …
bool IsDnsLabel(std::string_view name);
// … and labels joined by '.', at most 253 bytes (names of objects).
bool IsDnsSubdomain(std::string_view name);
// A key of a Secret or ConfigMap: letters, digits, '-', '_', '.', not "." or "..", at most 253
// bytes. Safe as a file name.
bool IsDataKey(std::string_view key);
// An address of IPv4 or IPv6, without brackets.
bool IsIpAddress(std::string_view text);
// A key of the parameter map that the engine sets itself, over whatever a user gives (KubeDiag 0.2:
// context keys).
bool IsContextKey(std::string_view key);

}  // namespace kubediag::api
