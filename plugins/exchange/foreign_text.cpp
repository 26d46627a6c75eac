#include "plugins/exchange/foreign_text.h"

#include <cstdint>

#include "engine/core/utf8.h"

namespace kubediag::exchange {
namespace {

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xc0U) == 0x80U; }

}  // namespace

std::string TailLine(std::string_view bytes, size_t max_bytes) {
  const auto is_blank = [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; };
  while (!bytes.empty() && is_blank(bytes.back())) bytes.remove_suffix(1);
  while (!bytes.empty() && is_blank(bytes.front())) bytes.remove_prefix(1);
  const bool cut = bytes.size() > max_bytes;
  if (cut) bytes.remove_prefix(bytes.size() - max_bytes);
  while (cut && !bytes.empty() && IsContinuation(bytes.front())) bytes.remove_prefix(1);
  std::string line = cut ? "…" : "";
  for (const char c : ReplaceInvalidUtf8(bytes)) {
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
