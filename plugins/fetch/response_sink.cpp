#include "plugins/fetch/response_sink.h"

#include <algorithm>
#include <charconv>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "plugins/fetch/limits.h"

namespace kubediag::fetch {
namespace {

constexpr int kOk = 200;
// What is read of a refusal before the connection is dropped.
constexpr uint64_t kMaxRefusalBytes = 64 * kKiB;

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

}  // namespace

bool ResponseSink::Stop(Reason reason, std::string message) {
  if (!failure_) failure_ = FetchError(reason, std::move(message));
  return false;
}

void ResponseSink::StartResponse(std::string_view status_line) {
  http_status_ = 0;
  headers_complete_ = false;
  content_type_.clear();
  content_encoding_.clear();
  announced_bytes_ = 0;
  location_.clear();
  retry_after_.clear();
  const size_t space = status_line.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view digits = status_line.substr(space + 1, 3);
  std::from_chars(digits.data(), digits.data() + digits.size(), http_status_);
}

bool ResponseSink::CheckHeaders() {
  if (!content_encoding_.empty() && !EqualsIgnoringCase(content_encoding_, "identity")) {
    return Stop(Reason::kHttpError, "the server encoded the body as " + content_encoding_ +
                                        " although no encoding was asked for");
  }
  if (announced_bytes_ > max_body_bytes_) {
    return Stop(Reason::kTooLarge, "the server announces " + std::to_string(announced_bytes_) +
                                       " bytes, more than " + std::to_string(max_body_bytes_));
  }
  return true;
}

bool ResponseSink::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    return Stop(Reason::kHttpError,
                "the answer's header is larger than " + std::to_string(kMaxHeaderBytes) + " bytes");
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    StartResponse(line);
    return true;
  }
  if (line.empty()) {
    headers_complete_ = http_status_ >= kOk;  // 1xx: the real answer follows
    return http_status_ != kOk || CheckHeaders();
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  const std::string_view name = line.substr(0, colon);
  const std::string value = Printable(line.substr(colon + 1), kMaxContentTypeBytes);
  if (EqualsIgnoringCase(name, "content-type")) content_type_ = value;
  if (EqualsIgnoringCase(name, "content-encoding")) content_encoding_ = value;
  if (EqualsIgnoringCase(name, "content-length")) {
    std::from_chars(value.data(), value.data() + value.size(), announced_bytes_);
  }
  if (EqualsIgnoringCase(name, "location")) location_ = value;
  if (EqualsIgnoringCase(name, "retry-after")) retry_after_ = value;
  return true;
}

bool ResponseSink::TakeBody(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (http_status_ != kOk) {
    snippet_.append(
        bytes.substr(0, kMaxSnippetBytes - std::min(kMaxSnippetBytes, snippet_.size())));
    return body_bytes_ <= kMaxRefusalBytes;  // the status has said it all
  }
  if (body_bytes_ > max_body_bytes_) {
    return Stop(Reason::kTooLarge,
                "the body is larger than " + std::to_string(max_body_bytes_) + " bytes");
  }
  if (Status status = WriteAll(output_fd_, bytes); !status.ok()) {
    return Stop(Reason::kOutputFailed, "could not save the body: " + status.message());
  }
  return true;
}

}  // namespace kubediag::fetch
