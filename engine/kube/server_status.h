// ServerStatus: the API server's word on why something failed (its Status object). A plain value.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/status.h"

namespace kubediag::api {
struct Value;
}

namespace kubediag::kube {

struct ServerStatus {
  int code = 0;                     // HTTP's; 0 if it gave none
  std::string reason;               // "Expired", "NotFound", …
  std::string message;              // shortened; foreign text
  std::vector<std::string> causes;  // reasons of details.causes
  std::optional<std::chrono::seconds> retry_after;

  bool IsGone() const;                 // 410 in any of its forms
  bool IsFutureVersion() const;        // a resourceVersion this server has not reached
  bool IsUnsupportedSelector() const;  // a field selector that this resource does not have
  std::string ToString() const;        // "410 Expired: too old resource version"
};

ServerStatus ReadServerStatus(const api::Value& document);
// Of a whole answer, which need not be a Status: `http_status` counts then.
ServerStatus ParseServerStatus(int http_status, std::string_view body);

}  // namespace kubediag::kube
