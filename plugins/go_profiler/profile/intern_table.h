// InternTable: finds equal runs of bytes in a column, so that each is stored once.
//
// Open addressing over 32-bit hashes; the runs themselves stay with the caller. The hash is keyed
// with random bits, so that a hostile profile cannot choose runs that collide. Not thread-safe.
#pragma once

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

  // Hashes `count` elements of 4 bytes.
  uint32_t Hash(const uint32_t* words, size_t count) const {
    uint64_t hash = key_[0] ^ (count * 0x9e3779b97f4a7c15);
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
      hash = Mix(Load(words + i) ^ key_[1], Load(words + i + 2) ^ hash);
    if (i + 2 <= count) {
      hash = Mix(Load(words + i) ^ key_[1], hash);
      i += 2;
    }
    if (i < count) hash = Mix(words[i] ^ key_[2], hash);
    return static_cast<uint32_t>(Mix(hash, key_[2]) >> 32);
  }

 private:
  struct Slot {
    uint32_t hash;
    uint32_t index_plus_one;  // 0: free
  };

  static uint64_t Load(const uint32_t* words) {
    uint64_t value;
    std::memcpy(&value, words, sizeof value);
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
  uint64_t key_[3];
};

}  // namespace kubediag::profile
