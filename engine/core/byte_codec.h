// ByteWriter and ByteReader: numbers (little endian) and texts with their length before them, one
// after the other: what the journal and the operation host's messages are made of.
//
// Values, not thread-safe. The reader borrows its bytes, which it takes for hostile: it never reads
// beyond them. After the first violation every read gives a zero or an empty text; ok() tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace kubediag {

class ByteWriter {
 public:
  void Byte(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void Bool(bool value) { Byte(value ? 1 : 0); }
  void U32(uint32_t value) { Number(value, sizeof value); }
  void U64(uint64_t value) { Number(value, sizeof value); }
  void I64(int64_t value) { U64(static_cast<uint64_t>(value)); }
  void Text(std::string_view text);

  const std::string& bytes() const& { return bytes_; }
  std::string bytes() && { return std::move(bytes_); }

 private:
  void Number(uint64_t value, size_t size);

  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  uint8_t Byte() { return static_cast<uint8_t>(Number(1)); }
  bool Bool() { return Byte() != 0; }
  uint32_t U32() { return static_cast<uint32_t>(Number(sizeof(uint32_t))); }
  uint64_t U64() { return Number(sizeof(uint64_t)); }
  int64_t I64() { return static_cast<int64_t>(U64()); }
  std::string Text() { return std::string(View()); }
  std::string_view View();  // a text, borrowed
  // A number (U32) of items that follow: no more than there are bytes for, each taking `item_bytes`
  // at least.
  size_t Count(size_t item_bytes);

  bool ok() const { return ok_; }
  // Everything read, nothing missing.
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  uint64_t Number(size_t size);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace kubediag
