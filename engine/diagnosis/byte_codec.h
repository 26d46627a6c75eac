// ByteWriter and ByteReader: numbers (little endian) and length-prefixed text, one after the other.
//
// Values, not thread-safe. The reader borrows its bytes; what it is asked for beyond their end
// makes it fail for good, and it then answers zeros and empty text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kubediag::diagnosis {

class ByteWriter {
 public:
  void Byte(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void U32(uint32_t value) { Number(value, sizeof value); }
  void U64(uint64_t value) { Number(value, sizeof value); }
  void I64(int64_t value) { U64(static_cast<uint64_t>(value)); }
  void Text(std::string_view text) {
    U64(text.size());
    bytes_.append(text);
  }

  const std::string& bytes() const& { return bytes_; }
  std::string bytes() && { return std::move(bytes_); }

 private:
  void Number(uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) Byte(static_cast<uint8_t>(value >> (8 * i)));
  }

  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  uint8_t Byte() { return static_cast<uint8_t>(Number(1)); }
  uint32_t U32() { return static_cast<uint32_t>(Number(sizeof(uint32_t))); }
  uint64_t U64() { return Number(sizeof(uint64_t)); }
  int64_t I64() { return static_cast<int64_t>(U64()); }
  std::string_view Text() {
    const uint64_t size = U64();
    if (failed_ || size > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  bool failed() const { return failed_; }
  size_t left() const { return rest_.size(); }
  // Everything read, nothing missing.
  bool AtEnd() const { return !failed_ && rest_.empty(); }

 private:
  uint64_t Number(size_t size) {
    if (failed_ || rest_.size() < size) {
      failed_ = true;
      return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(rest_[i])) << (8 * i);
    }
    rest_.remove_prefix(size);
    return value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace kubediag::diagnosis
