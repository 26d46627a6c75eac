// What the API server's refusals mean to a caller. Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "engine/core/status.h"
#include "engine/kube/transport.h"

namespace kubediag::kube {

inline constexpr char kReasonConflict[] = "Conflict";
inline constexpr char kReasonExpired[] = "Expired";
inline constexpr char kReasonTooManyRequests[] = "TooManyRequests";
inline constexpr char kReasonUnauthorized[] = "Unauthorized";

// Of an answer that is none of 2xx: the code says what to do, the reason is the server's word or,
// where it gave none, the one that Kubernetes has for this HTTP status. `what` begins the message.
Status StatusOfAnswer(const Response& answer, std::string_view what);

// Whether an error leaves it open if a write has happened.
bool OutcomeUnknown(const Status& status);

}  // namespace kubediag::kube
