#include "plugins/exchange/foreign_text.h"

#include <cstdint>

namespace kubediag::exchange {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xc0U) == 0x80U; }

// Bytes of the valid sequence `text` starts with, 0 if it starts with none (RFC 3629).
size_t SequenceSize(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const auto second = static_cast<uint8_t>(text[1]);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second > 0x9f;
  const bool too_large = lead == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_large ? 0 : size;
}

}  // namespace

std::string ValidUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t size = SequenceSize(bytes);
    text.append(size == 0 ? kReplacement : bytes.substr(0, size));
    bytes.remove_prefix(size == 0 ? 1 : size);
  }
  return text;
}

std::string TailLine(std::string_view bytes, size_t max_bytes) {
  const auto is_blank = [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; };
  while (!bytes.empty() && is_blank(bytes.back())) bytes.remove_suffix(1);
  while (!bytes.empty() && is_blank(bytes.front())) bytes.remove_prefix(1);
  const bool cut = bytes.size() > max_bytes;
  if (cut) bytes.remove_prefix(bytes.size() - max_bytes);
  while (cut && !bytes.empty() && IsContinuation(bytes.front())) bytes.remove_prefix(1);
  std::string line = cut ? "…" : "";
  for (const char c : ValidUtf8(bytes)) {
    if (c == '\r') continue;
    if (c == '\n') {
      line += "; ";
    } else {
      line.push_back(c == '\t' ? ' ' : static_cast<uint8_t>(c) < 0x20 || c == 0x7f ? '.' : c);
    }
  }
  return line;
}

}  // namespace kubediag::exchange
