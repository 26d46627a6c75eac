#include "engine/operation/text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "engine/core/limits.h"
#include "engine/core/utf8.h"

namespace kubediag::operation {
namespace {

constexpr size_t kMaxNameBytes = 63;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// No port, an empty one, or a number from 1 to 65535.
bool HasSoundPort(std::string_view authority) {
  if (authority.front() == '[') {  // the colons of an IPv6 address
    authority.remove_prefix(std::min(authority.size(), authority.find(']')));
  }
  const size_t colon = authority.find(':');
  if (colon == std::string_view::npos || colon + 1 == authority.size()) return true;
  const std::string_view port = authority.substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number > 0;
}

// Host and port of what is a URL so far; empty: it is none.
std::string_view AuthorityOf(std::string_view url) {
  const size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  if (scheme == 0) return {};
  if (!std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7F; })) return {};
  url.remove_prefix(scheme);
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  const bool is_sound = !authority.empty() && authority.front() != ':' &&
                        authority.find('@') == std::string_view::npos;
  return is_sound ? authority : std::string_view();
}

}  // namespace

bool IsUtf8(std::string_view text) { return FindInvalidUtf8(text) == std::string_view::npos; }

std::string ToReadableText(std::string_view bytes, size_t max_bytes) {
  std::string text;
  size_t cut = 0;  // where an ellipsis would still fit
  while (!bytes.empty()) {
    const size_t length = Utf8Length(bytes);
    std::string_view piece = length == 0 ? kReplacement : bytes.substr(0, length);
    if (length == 1 && IsControl(bytes[0]) && bytes[0] != '\n' && bytes[0] != '\t') piece = " ";
    if (text.size() + piece.size() > max_bytes) {
      text.resize(cut);
      if (max_bytes >= kEllipsis.size()) text += kEllipsis;
      return text;
    }
    text += piece;
    if (text.size() + kEllipsis.size() <= max_bytes) cut = text.size();
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

bool IsKey(std::string_view key) {
  return !key.empty() && key.size() <= kMaxResultKeyBytes &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return IsLower(c) || IsUpper(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool IsOperationName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '-' &&
         name.back() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
           return IsLower(c) || IsDigit(c) || c == '-';
         });
}

bool IsReason(std::string_view reason) {
  return !reason.empty() && reason.size() <= kMaxResultKeyBytes && IsUpper(reason.front()) &&
         std::all_of(reason.begin(), reason.end(),
                     [](char c) { return IsLower(c) || IsUpper(c) || IsDigit(c); });
}

bool IsRelativePath(std::string_view path) {
  if (path.size() > kMaxRelativePathBytes || !IsUtf8(path)) return false;
  if (std::any_of(path.begin(), path.end(), IsControl)) return false;
  for (;;) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool IsUrl(std::string_view url) {
  const std::string_view authority = AuthorityOf(url);
  return !authority.empty() && HasSoundPort(authority);
}

bool IsUrlButForItsPort(std::string_view url) {
  const std::string_view authority = AuthorityOf(url);
  return !authority.empty() && !HasSoundPort(authority);
}

std::string CapabilityOf(std::string_view base_url) {
  constexpr size_t kLeastDigits = 16;
  if (base_url.empty() || base_url.back() != '/') return {};
  base_url.remove_suffix(1);
  const size_t slash = base_url.rfind('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view last = base_url.substr(slash + 1);
  const bool is_hex = last.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_hex && last.size() >= kLeastDigits ? std::string(last) : std::string();
}

}  // namespace kubediag::operation
