#include "plugins/go_profiler/profile/intern_table.h"

#include <algorithm>
#include <bit>
#include <random>

namespace kubediag::profile {

InternTable::InternTable() {
  std::random_device random;
  for (uint64_t& key : key_) key = (uint64_t{random()} << 32) | random() | 1;
}

void InternTable::Reset(size_t expected) {
  const size_t slots = std::bit_ceil(std::max<size_t>(expected * 2 + 2, 64));
  slots_.Assign(slots, Slot{0, 0});
  mask_ = slots - 1;
  count_ = 0;
}

void InternTable::Grow() {
  Column<Slot> old = std::move(slots_);
  slots_ = Column<Slot>();
  mask_ = old.size() * 2 - 1;
  slots_.Assign(old.size() * 2, Slot{0, 0});
  for (const Slot& slot : old) {
    if (slot.index_plus_one == 0) continue;
    size_t at = slot.hash & mask_;
    while (slots_[at].index_plus_one != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
}

}  // namespace kubediag::profile
