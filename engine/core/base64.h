// Base64 as Secrets use it: the standard alphabet with padding. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kubediag {

std::string EncodeBase64(std::string_view bytes);

// Line ends within are passed over, as Go's decoder does. nullopt if it is not base64.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace kubediag
