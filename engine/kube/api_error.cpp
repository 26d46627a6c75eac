#include "engine/kube/api_error.h"

#include <string>

#include "engine/kube/server_status.h"

namespace kubediag::kube {
namespace {

struct Meaning {
  int http_status;
  const char* reason;
  StatusCode code;
};

// The reasons are those of Kubernetes' own Status objects.
constexpr Meaning kMeanings[] = {
    {400, "BadRequest", StatusCode::kInvalidArgument},
    {401, kReasonUnauthorized, StatusCode::kPermissionDenied},
    {403, "Forbidden", StatusCode::kPermissionDenied},
    {404, "NotFound", StatusCode::kNotFound},
    {405, "MethodNotAllowed", StatusCode::kUnimplemented},
    {406, "NotAcceptable", StatusCode::kUnimplemented},
    {409, kReasonConflict, StatusCode::kFailedPrecondition},
    {410, kReasonExpired, StatusCode::kFailedPrecondition},
    {413, "RequestEntityTooLarge", StatusCode::kResourceExhausted},
    {415, "UnsupportedMediaType", StatusCode::kUnimplemented},
    {422, "Invalid", StatusCode::kInvalidArgument},
    {429, kReasonTooManyRequests, StatusCode::kUnavailable},
    {500, "InternalError", StatusCode::kUnavailable},
    {503, "ServiceUnavailable", StatusCode::kUnavailable},
    {504, "Timeout", StatusCode::kUnavailable},
};

Meaning MeaningOf(int http_status) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.http_status == http_status) return meaning;
  }
  if (http_status >= 500) return {http_status, "ServerError", StatusCode::kUnavailable};
  if (http_status >= 400) return {http_status, "BadRequest", StatusCode::kInvalidArgument};
  // A redirect or a switch of protocols: no API server.
  return {http_status, "UnexpectedAnswer", StatusCode::kUnavailable};
}

}  // namespace

Status StatusOfAnswer(const Response& answer, std::string_view what) {
  const ServerStatus said = ParseServerStatus(answer.status, answer.body);
  const Meaning meaning = MeaningOf(answer.status);
  std::string reason = said.reason.empty() ? meaning.reason : said.reason;
  StatusCode code = meaning.code;
  // Two meanings of 409.
  if (answer.status == 409 && reason == "AlreadyExists") code = StatusCode::kAlreadyExists;
  std::string message(what);
  message += ": ";
  message += said.message.empty() ? "HTTP status " + std::to_string(answer.status) : said.message;
  return Status(code, std::move(reason), std::move(message));
}

bool OutcomeUnknown(const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnavailable:
      return status.reason() != kReasonTooManyRequests;
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kCancelled:
    case StatusCode::kResourceExhausted:  // an answer above its cap is the answer to a done write
      return status.reason() != "RequestEntityTooLarge";
    default:
      return false;
  }
}

}  // namespace kubediag::kube
