// One request to a server that nobody vouches for, and what came of it: plain values and their
// encoding between the client and the fetch program.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "plugins/fetch/limits.h"

namespace kubediag::fetch {

enum class Method { kGet, kPost };

// Whose certificates vouch for an https server. There is no way to skip the check.
enum class Trust {
  kGivenCa,  // only `ca_pem`, never the system's bundle
  kSystem,   // the system's bundle; `ca_pem` must be empty
};

struct Request {
  Method method = Method::kGet;
  std::string url;           // http or https, without user information and fragment
  std::string body;          // kPost only
  std::string content_type;  // of `body`
  Trust trust = Trust::kGivenCa;
  std::string ca_pem;        // PEM; https with Trust::kGivenCa needs it
  std::string bearer_token;  // https only; empty: none
  // "10.0.0.0/8", "::1/128": addresses allowed although the rules deny their range.
  std::vector<std::string> allowed_cidrs;
  uint64_t max_body_bytes = 0;  // of the response
  std::chrono::milliseconds connect_timeout = kDefaultConnectTimeout;
  std::chrono::milliseconds total_timeout = kDefaultTotalTimeout;
  // How long the server may send next to nothing; includes the time it takes to make the answer.
  std::chrono::seconds stall_timeout = kDefaultStallTimeout;
};

struct Response {
  int http_status = 0;
  std::string content_type;    // printable, cut
  uint64_t body_bytes = 0;     // written to the output descriptor
  std::string remote_address;  // "10.0.2.15:6443", "[::1]:6443"
};

std::string EncodeRequest(const Request& request);
// InvalidArgument names the record at fault; never quotes a value (it may be the token).
Result<Request> DecodeRequest(std::string_view message);

std::string EncodeAnswer(const Result<Response>& answer);
// The answer itself: a failed fetch is the Status it failed with, a malformed message
// FetchUnavailable.
Result<Response> DecodeAnswer(std::string_view message);

}  // namespace kubediag::fetch
