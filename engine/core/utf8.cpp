#include "engine/core/utf8.h"

#include <cstring>

namespace kubediag {
namespace {

unsigned char ByteAt(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool IsContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// Bytes of plain ASCII that start `text`, counted in words: most of what large results are.
size_t AsciiPrefix(std::string_view text) {
  size_t size = 0;
  for (uint64_t word = 0; text.size() - size >= sizeof word; size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  return size;
}

}  // namespace

size_t Utf8Length(std::string_view text, size_t at) {
  const unsigned char first = ByteAt(text, at);
  if (at >= text.size()) return 0;
  if (first < 0x80) return 1;
  const unsigned char second = ByteAt(text, at + 1);
  if (!IsContinuation(second)) return 0;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (!IsContinuation(ByteAt(text, at + 2))) return 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && IsContinuation(ByteAt(text, at + 3))) {
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool too_large = first == 0xF4 && second >= 0x90;
    return overlong || too_large ? 0 : 4;
  }
  return 0;
}

uint32_t CodePointOf(std::string_view character) {
  constexpr uint32_t kFirstMasks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t code = ByteAt(character, 0) & kFirstMasks[character.size()];
  for (size_t i = 1; i < character.size(); ++i) code = code << 6 | (ByteAt(character, i) & 0x3FU);
  return code;
}

size_t FindInvalidUtf8(std::string_view text) {
  for (size_t at = AsciiPrefix(text); at < text.size(); at += AsciiPrefix(text.substr(at))) {
    const size_t length = Utf8Length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::string Shorten(std::string_view text, size_t max_bytes) {
  constexpr std::string_view kEllipsis = "…";
  if (text.size() <= max_bytes) return std::string(text);
  const bool marked = max_bytes > kEllipsis.size();
  size_t end = marked ? max_bytes - kEllipsis.size() : 0;
  while (end > 0 && IsContinuation(ByteAt(text, end))) --end;
  return std::string(text.substr(0, end)) + std::string(marked ? kEllipsis : std::string_view());
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string replaced;
  replaced.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8Length(text, at);
    replaced += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  return replaced;
}

}  // namespace kubediag
