#include "engine/host/encoding.h"

namespace kubediag::host {

void ByteWriter::PutNumber(uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<char>(value >> (8 * i)));
}

void ByteWriter::PutText(std::string_view text) {
  PutU64(text.size());
  bytes_ += text;
}

uint64_t ByteReader::Number(size_t size) {
  if (!ok_ || bytes_.size() < size) {
    ok_ = false;
    return 0;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes_[i])) << (8 * i);
  }
  bytes_.remove_prefix(size);
  return value;
}

std::string_view ByteReader::View() {
  const uint64_t size = U64();
  if (!ok_ || size > bytes_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view text = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return text;
}

size_t ByteReader::Count(size_t item_bytes) {
  const uint32_t count = U32();
  if (!ok_ || count > bytes_.size() / item_bytes) {
    ok_ = false;
    return 0;
  }
  return count;
}

Status ByteReader::Finish(std::string_view what) const {
  if (ok_ && bytes_.empty()) return {};
  return {StatusCode::kDataLoss, "ProtocolError",
          "malformed " + std::string(what) + (ok_ ? ": bytes left over" : ": cut off")};
}

}  // namespace kubediag::host
