#include "plugins/fetch/reason.h"

#include <array>
#include <utility>

namespace kubediag::fetch {
namespace {

struct Row {
  Reason reason;
  std::string_view name;
  StatusCode code;
};

constexpr std::array kRows = {
    Row{Reason::kInvalidSource, "InvalidSource", StatusCode::kInvalidArgument},
    Row{Reason::kSourceDenied, "SourceDenied", StatusCode::kPermissionDenied},
    Row{Reason::kDnsFailed, "DnsFailed", StatusCode::kUnavailable},
    Row{Reason::kConnectFailed, "ConnectFailed", StatusCode::kUnavailable},
    Row{Reason::kTlsNameMismatch, "TlsNameMismatch", StatusCode::kFailedPrecondition},
    Row{Reason::kTlsUntrusted, "TlsUntrusted", StatusCode::kFailedPrecondition},
    Row{Reason::kTlsFailed, "TlsFailed", StatusCode::kUnavailable},
    Row{Reason::kUnauthorized, "Unauthorized", StatusCode::kPermissionDenied},
    Row{Reason::kForbidden, "Forbidden", StatusCode::kPermissionDenied},
    Row{Reason::kNotFound, "NotFound", StatusCode::kNotFound},
    Row{Reason::kTooManyRequests, "TooManyRequests", StatusCode::kResourceExhausted},
    Row{Reason::kServerError, "ServerError", StatusCode::kUnavailable},
    Row{Reason::kRedirectRefused, "RedirectRefused", StatusCode::kPermissionDenied},
    Row{Reason::kHttpError, "HttpError", StatusCode::kUnavailable},
    Row{Reason::kTooLarge, "TooLarge", StatusCode::kResourceExhausted},
    Row{Reason::kTimeout, "Timeout", StatusCode::kDeadlineExceeded},
    Row{Reason::kTruncated, "Truncated", StatusCode::kDataLoss},
    Row{Reason::kOutputFailed, "OutputFailed", StatusCode::kUnavailable},
    Row{Reason::kFetchUnavailable, "FetchUnavailable", StatusCode::kInternal},
};

const Row& RowOf(Reason reason) {
  for (const Row& row : kRows) {
    if (row.reason == reason) return row;
  }
  return kRows.back();
}

}  // namespace

std::string_view ReasonName(Reason reason) { return RowOf(reason).name; }

StatusCode ReasonCode(Reason reason) { return RowOf(reason).code; }

std::optional<Reason> ReasonOf(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.reason;
  }
  return std::nullopt;
}

Status FetchError(Reason reason, std::string message) {
  return {ReasonCode(reason), std::string(ReasonName(reason)), std::move(message)};
}

std::string Printable(std::string_view text, size_t max_bytes) {
  std::string out;
  for (const char c : text) {
    if (out.size() >= max_bytes) break;
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out.push_back(blank ? ' ' : (c > 0x20 && c < 0x7f) ? c : '.');
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace kubediag::fetch
