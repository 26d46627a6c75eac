// Request, Response and Body: what the server hands to a Handler and takes back from it.
//
// Plain values without locks. A Body is cheap to copy: it owns a string, shares one, points at
// bytes that live as long as the program, or reads a file piece by piece. Sizes are bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::http {

enum class Method : uint8_t { kGet, kHead, kPost };

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  Method method = Method::kGet;
  std::string path;   // starts with '/'; percent-encoding kept, never normalised
  std::string query;  // what follows the first '?'
  std::string host;   // the Host header; may be empty in HTTP/1.0 only
  std::string peer;   // numeric address of the other end, without port
  std::vector<Header> headers;
  std::string body;

  // Value of the first header of that name (any case); empty if there is none.
  std::string_view Find(std::string_view name) const;
  // Decoded value of the first query parameter of that name.
  std::optional<std::string> QueryValue(std::string_view name) const;
};

class Body {
 public:
  Body() = default;
  static Body Owned(std::string bytes);
  static Body Shared(std::shared_ptr<const std::string> bytes);
  static Body Static(std::string_view bytes);
  // The first `size` bytes of `file`, read with pread(2): its offset is neither used nor moved.
  static Body File(std::shared_ptr<const UniqueFd> file, uint64_t size);

  uint64_t size() const { return size_; }
  // Up to `max` bytes from `offset`. They point into the body, or into `scratch` for a file.
  // DataLoss if the file has become shorter.
  Result<std::string_view> Chunk(uint64_t offset, size_t max, std::string& scratch) const;

 private:
  std::shared_ptr<const std::string> owner_;
  std::shared_ptr<const UniqueFd> file_;
  std::string_view bytes_;
  uint64_t size_ = 0;
};

struct Response {
  int status = 200;
  // Content-Length, Connection and Date are the server's. A header that holds a control character
  // turns the whole response into a 500.
  std::vector<Header> headers;
  Body body;

  // A short plain-text answer.
  static Response Text(int status, std::string text);
  static Response Json(std::string json);
};

// Bytes for %XX and space for '+'; nullopt if an escape is cut or not hexadecimal.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace kubediag::http
