// IdIndex: numbers the arbitrary 64-bit ids of one kind of record in order of first sight.
//
// A profile may use an id before it defines it, so an id gets its number when it is first seen and
// its position in the table when it is defined. Hashes are keyed with random bits. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "plugins/go_profiler/profile/intern_table.h"
#include "plugins/go_profiler/profile/profile.h"

namespace kubediag::profile {

class IdIndex {
 public:
  void Reset() {
    table_.Reset(1024);
    ids_.Clear();
    positions_.Clear();
  }

  // The number of `id`, which is new if it was not seen before.
  uint32_t Number(uint64_t id) {
    const auto next = static_cast<uint32_t>(ids_.size());
    const uint32_t words[2] = {static_cast<uint32_t>(id), static_cast<uint32_t>(id >> 32)};
    const uint32_t number =
        table_.Intern(table_.Hash(words, 2), next, [&](uint32_t n) { return ids_[n] == id; });
    if (number == next) {
      ids_.Append(id);
      positions_.Append(kNone);
    }
    return number;
  }

  // False: the id was defined before.
  bool Define(uint64_t id, uint32_t position) {
    uint32_t& slot = positions_[Number(id)];
    if (slot != kNone) return false;
    slot = position;
    return true;
  }

  size_t size() const { return ids_.size(); }
  uint64_t Id(uint32_t number) const { return ids_[number]; }
  // kNone: used, but not defined.
  uint32_t Position(uint32_t number) const { return positions_[number]; }

 private:
  InternTable table_;
  Column<uint64_t> ids_;
  Column<uint32_t> positions_;
};

}  // namespace kubediag::profile
