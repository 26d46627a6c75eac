// ResponseSink: takes what the server sends, counts it against the caps and writes the body.
// Not thread-safe; borrows its descriptor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/fetch/reason.h"

namespace kubediag::fetch {

class ResponseSink {
 public:
  ResponseSink(int output_fd, uint64_t max_body_bytes)
      : output_fd_(output_fd), max_body_bytes_(max_body_bytes) {}

  // A header line with its line end, the status line included. False: stop, see failure().
  bool TakeHeader(std::string_view line);
  // A piece of the body. The body of anything but a 200 is kept as snippet only.
  bool TakeBody(std::string_view bytes);

  // Why the sink asked to stop.
  const std::optional<Status>& failure() const { return failure_; }
  int http_status() const { return http_status_; }
  bool headers_complete() const { return headers_complete_; }
  uint64_t body_bytes() const { return body_bytes_; }
  const std::string& snippet() const { return snippet_; }
  const std::string& content_type() const { return content_type_; }
  const std::string& location() const { return location_; }
  const std::string& retry_after() const { return retry_after_; }

 private:
  bool CheckHeaders();
  bool Stop(Reason reason, std::string message);
  void StartResponse(std::string_view status_line);

  int output_fd_;
  uint64_t max_body_bytes_;
  std::optional<Status> failure_;
  size_t header_bytes_ = 0;
  int http_status_ = 0;
  bool headers_complete_ = false;
  uint64_t announced_bytes_ = 0;
  uint64_t body_bytes_ = 0;
  std::string snippet_;
  std::string content_type_;
  std::string content_encoding_;
  std::string location_;
  std::string retry_after_;
};

}  // namespace kubediag::fetch
