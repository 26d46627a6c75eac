#include "engine/kube/server_status.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "engine/kube/json_reading.h"

namespace kubediag::kube {
namespace {

constexpr size_t kMaxCauses = 16;
constexpr size_t kMaxReasonBytes = 128;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

bool ServerStatus::IsGone() const { return code == 410 || reason == "Expired" || reason == "Gone"; }

bool ServerStatus::IsFutureVersion() const {
  if (code != 504 && reason != "Timeout") return false;
  return std::find(causes.begin(), causes.end(), "ResourceVersionTooLarge") != causes.end() ||
         Contains(message, "Too large resource version");
}

bool ServerStatus::IsUnsupportedSelector() const {
  if (code != 400) return false;
  return Contains(message, "field label not supported") ||
         Contains(message, "is not a known field selector");
}

std::string ServerStatus::ToString() const {
  std::string text = code == 0 ? "" : std::to_string(code);
  if (!reason.empty()) text += (text.empty() ? "" : " ") + reason;
  if (text.empty()) text = "an error without code";
  return message.empty() ? text : text + ": " + message;
}

ServerStatus ReadServerStatus(const api::Value& document) {
  ServerStatus status;
  const int64_t code = IntegerAt(document, "code").value_or(0);
  status.code = code >= 100 && code <= 599 ? static_cast<int>(code) : 0;
  status.reason = Shorten(TextAt(document, "reason"), kMaxReasonBytes);
  status.message = Shorten(TextAt(document, "message"), kMaxServerMessageBytes);
  const api::Value* const details = MapAt(document, "details");
  if (details == nullptr) return status;
  if (const auto after = IntegerAt(*details, "retryAfterSeconds"); after && *after > 0) {
    status.retry_after = std::min(std::chrono::seconds(*after), kMaxRetryAfter);
  }
  const api::Value* const causes = ListAt(*details, "causes");
  if (causes == nullptr) return status;
  for (const api::Value& cause : causes->items) {
    if (status.causes.size() == kMaxCauses) break;
    status.causes.push_back(Shorten(TextAt(cause, "reason"), kMaxReasonBytes));
  }
  return status;
}

ServerStatus ParseServerStatus(int http_status, std::string_view body) {
  ServerStatus status;
  if (Result<api::Value> document = ParseJsonMap(body); document.ok()) {
    status = ReadServerStatus(*document);
  } else {
    status.message =
        Shorten(ReplaceInvalidUtf8(body.substr(0, kMaxServerMessageBytes)), kMaxServerMessageBytes);
  }
  status.code = http_status;
  return status;
}

}  // namespace kubediag::kube
