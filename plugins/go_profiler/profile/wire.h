// Protocol buffer primitives for the decoder: varints and fields of unknown meaning.
//
// Reads are unchecked: the buffer must be readable for kWireSlack bytes past its end. A caller
// compares the returned position with the end of its message after each read, which costs one
// comparison a value instead of one a byte. Pure functions over foreign bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace kubediag::profile {

inline constexpr size_t kWireSlack = 96;

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// The value of a field tag, as it stands in the first byte of a short one.
constexpr uint64_t Tag(uint32_t field, WireType type) { return (field << 3) | type; }

// Varints of three bytes and more; nullptr when the tenth byte does not end it. Bits past the
// 64th are dropped (pprof: decodeVarint).
inline const uint8_t* ReadLongVarint(const uint8_t* p, uint64_t& value) {
  uint64_t x;
  std::memcpy(&x, p, sizeof x);
  const uint64_t ends = ~x & 0x8080808080808080;
  if (ends != 0) [[likely]] {
    // The ends of the first eight bytes are known: drop what follows, then close the gaps.
    x &= ends ^ (ends - 1);
    x = (x & 0x007f007f007f007f) | ((x & 0x7f007f007f007f00) >> 1);
    x = (x & 0x00003fff00003fff) | ((x & 0x3fff00003fff0000) >> 2);
    value = (x & 0x000000000fffffff) | ((x & 0x0fffffff00000000) >> 4);
    return p + (std::countr_zero(ends) + 1) / 8;
  }
  value = 0;
  for (unsigned i = 0; i < 10; ++i) {
    value |= uint64_t{p[i] & 0x7fU} << (7 * i);
    if (p[i] < 0x80) return p + i + 1;
  }
  return nullptr;
}

// Reads the varint at `p`; nullptr when it is longer than ten bytes.
inline const uint8_t* ReadVarint(const uint8_t* p, uint64_t& value) {
  const uint64_t first = p[0];
  if (first < 0x80) {
    value = first;
    return p + 1;
  }
  const uint64_t second = p[1];
  if (second < 0x80) {
    value = (first & 0x7f) | (second << 7);
    return p + 2;
  }
  return ReadLongVarint(p, value);
}

}  // namespace kubediag::profile
