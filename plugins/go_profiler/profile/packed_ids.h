// The hot loop of the decoder: packed location ids to indices (id − 1), several at once.
//
// Lengths of neighbouring varints differ at random, so a branch on each is guessed wrong often.
// Here the ends of up to 64 bytes are found first, as bits; then four ids a step are loaded from
// where the bits say and closed up side by side, without a branch that depends on a length.
// The input must be readable for kWireSlack bytes past its end, the output must have room for
// kPackedIdsRoom more elements than there are ids.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "plugins/go_profiler/profile/wire.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace kubediag::profile {

inline constexpr size_t kPackedIdsRoom = 4;

// Bit i is set when byte i ends a varint.
inline uint64_t VarintEnds(const uint8_t* p) {
  uint64_t ends = 0;
#ifdef __SSE2__
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + size_t{16} * i));
    ends |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(bytes))} << (16 * i);
  }
  return ~ends;
#else
  for (unsigned i = 0; i < 8; ++i) {
    uint64_t x;
    std::memcpy(&x, p + size_t{8} * i, sizeof x);
    // The top bits of the bytes, gathered in one.
    ends |= ((((~x >> 7) & 0x0101010101010101) * 0x0102040810204080) >> 56) << (8 * i);
  }
  return ends;
#endif
}

// The byte after the first end.
inline const uint8_t* After(const uint8_t* p, uint64_t ends) {
  return p + static_cast<size_t>(std::countr_zero(ends)) + 1;
}

// Writes id − 1 for every id in [p, end) and returns how many there are; SIZE_MAX when one is
// longer than four bytes or does not end: the caller then takes them one by one.
inline size_t DecodePackedIds(const uint8_t* p, const uint8_t* end, uint32_t* out) {
  using Four [[gnu::vector_size(16)]] = uint32_t;
  const uint32_t* const first = out;
  constexpr Four kLane = {0, 1, 2, 3};
  Four endless = {};
  while (p < end) {
    uint64_t ends = VarintEnds(p);
    if (end - p < 64) ends &= (uint64_t{1} << (end - p)) - 1;
    if (ends == 0) return SIZE_MAX;
    const uint8_t* const next = p + 64 - std::countl_zero(ends);
    const uint8_t* id = p;
    do {
      const uint64_t second = ends & (ends - 1);
      const uint64_t third = second & (second - 1);
      const uint64_t fourth = third & (third - 1);
      // Where there are less than four, the rest is read behind the window and not kept.
      const unsigned count = 1U + (second != 0) + (third != 0) + (fourth != 0);
      const uint8_t* const starts[4] = {id, After(p, ends), After(p, second), After(p, third)};
      id = After(p, fourth);
      ends = fourth & (fourth - 1);
      uint32_t words[4];
      for (unsigned i = 0; i < 4; ++i) std::memcpy(&words[i], starts[i], 4);
      Four x = {words[0], words[1], words[2], words[3]};
      const Four stops = ~x & 0x80808080;
      endless |= static_cast<Four>(stops == 0) & (kLane < count);
      x &= stops ^ (stops - 1);
      x = (x & 0x7f) | ((x >> 1) & 0x3f80) | ((x >> 2) & 0x1fc000) | ((x >> 3) & 0xfe00000);
      x -= 1;
      std::memcpy(out, &x, sizeof x);
      out += count;
    } while (ends != 0);
    p = next;
  }
  if ((endless[0] | endless[1] | endless[2] | endless[3]) != 0) return SIZE_MAX;
  return static_cast<size_t>(out - first);
}

// The largest of `count` references: 0 for none, something above INT32_MAX if one is above it.
inline uint32_t LargestReference(const uint32_t* references, size_t count) {
  using Four [[gnu::vector_size(16)]] = int32_t;
  constexpr size_t kChains = 4;  // a comparison waits for the one before it
  Four largest[kChains] = {};
  Four bits = {};  // of all: the sign shows what is too large to compare
  size_t i = 0;
  for (; i + 4 * kChains <= count; i += 4 * kChains) {
    for (size_t chain = 0; chain < kChains; ++chain) {
      Four x;
      std::memcpy(&x, references + i + 4 * chain, sizeof x);
      bits |= x;
      const Four more = x > largest[chain];
      largest[chain] = (x & more) | (largest[chain] & ~more);
    }
  }
  uint32_t result = static_cast<uint32_t>(bits[0] | bits[1] | bits[2] | bits[3]) & 0x80000000;
  for (const Four& chain : largest) {
    for (int lane = 0; lane < 4; ++lane) {
      result = std::max(result, static_cast<uint32_t>(chain[lane]));
    }
  }
  for (; i < count; ++i) result = std::max(result, references[i]);
  return result;
}

}  // namespace kubediag::profile
