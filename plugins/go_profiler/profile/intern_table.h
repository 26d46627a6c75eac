// InternTable: finds equal runs of bytes in a column, so that each is stored once.
//
// Open addressing over 32-bit hashes; the runs themselves stay with the caller. The hash is keyed
// with random bits, so that a hostile profile cannot choose runs that collide. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "plugins/go_profiler/profile/column.h"

namespace kubediag::profile {

class InternTable {
 public:
  InternTable();

  // Forgets everything; `expected` runs then fit without growing.
  void Reset(size_t expected);

  // Returns the index of the run that hashes to `hash` and satisfies equal(index), or adds
  // `next_index` and returns it.
  template <typename Equal>
  uint32_t Intern(uint32_t hash, uint32_t next_index, Equal equal) {
    if (count_ >= mask_ / 2) [[unlikely]]
      Grow();
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      Slot& slot = slots_[at];
      if (slot.index_plus_one == 0) {
        slot = {hash, next_index + 1};
        ++count_;
        return next_index;
      }
      if (slot.hash == hash && equal(slot.index_plus_one - 1)) return slot.index_plus_one - 1;
    }
  }

  // Asks for the memory that Intern(hash, …) will look at.
  void Prefetch(uint32_t hash) const { __builtin_prefetch(slots_.data() + (hash & mask_)); }

  // Hashes `count` elements of 4 bytes.
  uint32_t Hash(const uint32_t* words, size_t count) const {
    uint64_t hash = key_[0] ^ (count * 0x9e3779b97f4a7c15);
    size_t i = 0;
    if (count >= 8) {
      uint64_t other = key_[1];  // a second chain: multiplications overlap
      for (; i + 8 <= count; i += 8) {
        hash = Mix(Load(words + i) ^ key_[1], Load(words + i + 2) ^ hash);
        other = Mix(Load(words + i + 4) ^ key_[2], Load(words + i + 6) ^ other);
      }
      hash ^= other;
    }
    for (; i + 4 <= count; i += 4) {
      hash = Mix(Load(words + i) ^ key_[1], Load(words + i + 2) ^ hash);
    }
    if (i + 2 <= count) {
      hash = Mix(Load(words + i) ^ key_[1], hash);
      i += 2;
    }
    if (i < count) hash = Mix(words[i] ^ key_[2], hash);
    return static_cast<uint32_t>(Mix(hash, key_[2]) >> 32);
  }

  // Hashes `size` bytes; 16 bytes past them must be readable.
  uint32_t HashBytes(const uint8_t* bytes, size_t size) const {
    uint64_t hash = key_[0] ^ (size * 0x9e3779b97f4a7c15);
    for (; size >= 16; size -= 16, bytes += 16) {
      hash = Mix(Load(bytes) ^ key_[1], Load(bytes + 8) ^ hash);
    }
    return static_cast<uint32_t>(
        Mix(Mix(Head(bytes, size) ^ key_[1], Head(bytes + 8, size > 8 ? size - 8 : 0) ^ hash),
            key_[2]) >>
        32);
  }

  // The first `size` bytes, eight at most, as a number; eight must be readable.
  static uint64_t Head(const uint8_t* bytes, size_t size) {
    return size >= 8 ? Load(bytes) : Load(bytes) & ((uint64_t{1} << (8 * size)) - 1);
  }

 private:
  struct Slot {
    uint32_t hash;
    uint32_t index_plus_one;  // 0: free
  };

  static uint64_t Load(const void* bytes) {
    uint64_t value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  static uint64_t Mix(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  void Grow();

  Column<Slot> slots_;
  size_t mask_ = 0;  // slots − 1, a power of two less one
  size_t count_ = 0;
  std::array<uint64_t, 3> key_;
};

}  // namespace kubediag::profile
