// ProtoWriter: writes protocol buffer messages by field number, for profiles made in tests.
//
// Not for products: no checks. A message is a string of bytes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kubediag::testing {

class ProtoWriter {
 public:
  ProtoWriter& Number(uint32_t field, uint64_t value) {
    Varint(uint64_t{field} << 3);
    Varint(value);
    return *this;
  }
  ProtoWriter& Signed(uint32_t field, int64_t value) {
    return Number(field, static_cast<uint64_t>(value));
  }
  ProtoWriter& Bytes(uint32_t field, std::string_view data) {
    Varint((uint64_t{field} << 3) | 2);
    Varint(data.size());
    bytes_ += data;
    return *this;
  }
  ProtoWriter& Message(uint32_t field, const ProtoWriter& message) {
    return Bytes(field, message.bytes_);
  }
  template <typename Integer>
  ProtoWriter& Packed(uint32_t field, std::span<const Integer> values) {
    ProtoWriter data;
    for (const Integer value : values) data.Varint(static_cast<uint64_t>(value));
    return Bytes(field, data.bytes_);
  }
  ProtoWriter& Packed(uint32_t field, std::initializer_list<uint64_t> values) {
    return Packed(field, std::span<const uint64_t>(values.begin(), values.size()));
  }
  ProtoWriter& Raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }

  void Clear() { bytes_.clear(); }
  const std::string& bytes() const { return bytes_; }
  std::span<const uint8_t> span() const {
    return {reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()};
  }

 private:
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace kubediag::testing
