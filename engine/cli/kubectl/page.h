// The page that a Diagnosis serves: where it is, or why there is none. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/objects.h"
#include "engine/core/result.h"

namespace kubediag::cli {

// "http://HOST:PORT/PATH", of which only the safe characters of a path are taken: a status is
// written by others.
struct PageAddress {
  std::string host;  // an IPv6 address without brackets
  uint16_t port = 0;
  std::string path;  // "/<capability>/", always ends with a slash

  // At another place, such as the near end of a forwarded port.
  std::string UrlAt(const std::string& other_host, uint16_t other_port) const;
  std::string Url() const { return UrlAt(host, port); }
};

// InvalidArgument says what is wrong with it.
Result<PageAddress> ParsePageUrl(const std::string& url);

// FailedPrecondition: it has not ended, has failed, serves none, or not any longer; the message
// says which, and what to do about it.
Result<PageAddress> PageOf(const api::Diagnosis& diagnosis);

// What to call the file that is fetched from it: the name that the operation gave it, without
// anything that could lead elsewhere.
std::string FileNameOf(const api::Diagnosis& diagnosis);

}  // namespace kubediag::cli
