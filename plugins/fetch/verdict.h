// What a finished transfer means, in the words of reason.h. Pure, so that each row has a test.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/status.h"

namespace kubediag::fetch {

// How far libcurl came.
struct TransferEnd {
  int curl_code = 0;                   // CURLcode
  std::string certificate_error = {};  // what OpenSSL has against the chain; empty: nothing
  std::string detail = {};             // libcurl's own words
  std::string denial = {};             // an address rule said no
  bool address_tried = false;          // an allowed address was tried
  bool response_started = false;       // bytes of an answer came
};

// Ok for CURLE_OK.
Status JudgeTransfer(const TransferEnd& end);

struct HttpEnd {
  int status = 0;
  std::string_view location = {};
  std::string_view retry_after = {};
  std::string_view snippet = {};  // of the body
};

// Ok for 200 only.
Status JudgeHttpStatus(const HttpEnd& end);

}  // namespace kubediag::fetch
