// What a URL must look like before anybody is asked about it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag::fetch {

struct SourceUrl {
  bool https = false;
  std::string host;  // as written, IPv6 without brackets
  uint16_t port = 0;
};

// InvalidSource, in words: http or https only, a host, no user information, no fragment, only
// printable ASCII, at most kMaxUrlBytes.
Result<SourceUrl> CheckUrl(std::string_view url);

}  // namespace kubediag::fetch
