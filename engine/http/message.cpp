#include "engine/http/message.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kubediag::http {
namespace {

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = LowerCase(c);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return -1;
}

}  // namespace

std::string_view Request::Find(std::string_view name) const {
  for (const Header& header : headers) {
    if (EqualIgnoringCase(header.name, name)) return header.value;
  }
  return {};
}

std::optional<std::string> Request::QueryValue(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (PercentDecode(pair.substr(0, equals)) != name) continue;
    return PercentDecode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
  }
  return std::nullopt;
}

Body Body::Owned(std::string bytes) {
  return Shared(std::make_shared<const std::string>(std::move(bytes)));
}

Body Body::Shared(std::shared_ptr<const std::string> bytes) {
  Body body;
  body.bytes_ = *bytes;
  body.size_ = bytes->size();
  body.owner_ = std::move(bytes);
  return body;
}

Body Body::Static(std::string_view bytes) {
  Body body;
  body.bytes_ = bytes;
  body.size_ = bytes.size();
  return body;
}

Body Body::File(std::shared_ptr<const UniqueFd> file, uint64_t size) {
  Body body;
  body.file_ = std::move(file);
  body.size_ = size;
  return body;
}

Result<std::string_view> Body::Chunk(uint64_t offset, size_t max, std::string& scratch) const {
  const uint64_t left = offset < size_ ? size_ - offset : 0;
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(left, max));
  if (wanted == 0) return std::string_view();
  if (!file_) return bytes_.substr(static_cast<size_t>(offset), wanted);
  scratch.resize(wanted);
  ssize_t got;
  do {
    got = pread(file_->get(), scratch.data(), wanted, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Status::FromErrno("read a response file", errno);
  if (got == 0) return Status::DataLoss("a response file has become shorter while it was sent");
  return std::string_view(scratch.data(), static_cast<size_t>(got));
}

Response Response::Text(int status, std::string text) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  response.body = Body::Owned(std::move(text));
  return response;
}

Response Response::Json(std::string json) {
  Response response;
  response.headers = {{"Content-Type", "application/json"}};
  response.body = Body::Owned(std::move(json));
  return response;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

}  // namespace kubediag::http
