#include "plugins/go_profiler/profile/intern_table.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <bit>
#include <ctime>

namespace kubediag::profile {

namespace {

std::array<uint64_t, 3> RandomKey() {
  std::array<uint64_t, 3> key;
  if (getrandom(key.data(), sizeof key, GRND_NONBLOCK) != sizeof key) {
    // Only this early after boot: less surprise for an attacker is better than none.
    key = {reinterpret_cast<uintptr_t>(&key), static_cast<uint64_t>(std::time(nullptr)),
           static_cast<uint64_t>(std::clock())};
  }
  for (uint64_t& part : key) part |= 1;
  return key;
}

}  // namespace

InternTable::InternTable() {
  static const std::array<uint64_t, 3> process_key = RandomKey();
  key_ = process_key;
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
