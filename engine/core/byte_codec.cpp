#include "engine/core/byte_codec.h"

namespace kubediag {

void ByteWriter::Number(uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) Byte(static_cast<uint8_t>(value >> (8 * i)));
}

void ByteWriter::Text(std::string_view text) {
  U64(text.size());
  bytes_.append(text);
}

uint64_t ByteReader::Number(size_t size) {
  if (!ok_ || rest_.size() < size) {
    ok_ = false;
    return 0;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(size);
  return value;
}

std::string_view ByteReader::View() {
  const uint64_t size = U64();
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view text = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return text;
}

size_t ByteReader::Count(size_t item_bytes) {
  const uint32_t count = U32();
  if (!ok_ || count > rest_.size() / item_bytes) {
    ok_ = false;
    return 0;
  }
  return count;
}

}  // namespace kubediag
