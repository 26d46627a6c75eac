// Why a fetch failed: the words that end in status.operations, one for each thing a user can mend.
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/status.h"

namespace kubediag::fetch {

enum class Reason {
  kInvalidSource,     // the URL is not one we fetch from
  kSourceDenied,      // its address is forbidden
  kDnsFailed,         // its name has no address
  kConnectFailed,     // nobody listens, or no route
  kTlsNameMismatch,   // the certificate is for another name
  kTlsUntrusted,      // the certificate does not lead to the given CA
  kTlsFailed,         // no TLS could be agreed on
  kUnauthorized,      // 401
  kForbidden,         // 403
  kNotFound,          // 404
  kTooManyRequests,   // 429
  kServerError,       // 5xx
  kRedirectRefused,   // 3xx
  kHttpError,         // any other answer, or one that is not HTTP
  kTooLarge,          // more bytes than the cap
  kTimeout,           // connecting, stalling or the whole took too long
  kTruncated,         // the connection ended before the body did
  kOutputFailed,      // the body could not be written on this machine
  kFetchUnavailable,  // the fetch program itself failed
};

std::string_view ReasonName(Reason reason);
StatusCode ReasonCode(Reason reason);
std::optional<Reason> ReasonOf(std::string_view name);

Status FetchError(Reason reason, std::string message);

// `text` fit for a message: control and non-ASCII bytes become '.', runs of blanks one blank, at
// most `max_bytes`.
std::string Printable(std::string_view text, size_t max_bytes);

}  // namespace kubediag::fetch
