// The bodies of messages as bytes: little-endian numbers, texts with their length before them.
//
// ByteReader never reads beyond its bytes: after the first violation every read gives a zero or an
// empty text, and Finish() tells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/status.h"

namespace kubediag::host {

class ByteWriter {
 public:
  void PutU32(uint32_t value) { PutNumber(value, 4); }
  void PutU64(uint64_t value) { PutNumber(value, 8); }
  void PutBool(bool value) { PutU32(value ? 1 : 0); }
  void PutText(std::string_view text);

  std::string Take() { return std::move(bytes_); }

 private:
  void PutNumber(uint64_t value, int size);
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  uint32_t U32() { return static_cast<uint32_t>(Number(4)); }
  uint64_t U64() { return Number(8); }
  bool Bool() { return U32() != 0; }
  std::string Text() { return std::string(View()); }
  std::string_view View();
  // A number of items that follow: no more than there are bytes for, each taking `item_bytes` at
  // least.
  size_t Count(size_t item_bytes);

  bool ok() const { return ok_; }
  // DataLoss (reason ProtocolError) if anything was missing or is left over.
  Status Finish(std::string_view what) const;

 private:
  uint64_t Number(size_t size);

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace kubediag::host
