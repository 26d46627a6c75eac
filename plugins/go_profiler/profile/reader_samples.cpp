// The part of Reader that is hot: samples, their stacks, values and labels.
#include <algorithm>
#include <cstring>

#include "plugins/go_profiler/profile/packed_ids.h"
#include "plugins/go_profiler/profile/reader.h"

namespace kubediag::profile {
namespace {

constexpr uint32_t kSampleFields = 0xe;  // 1..3
constexpr uint32_t kLabelFields = 0x1e;  // 1..4

}  // namespace

// Location ids and values go behind the last committed stack and sample; CommitSample admits them.
bool Reader::ReadSample(Position p, Position end) {
  const Position start = p;
  const auto size = static_cast<size_t>(end - p);
  c_.stack_locations.Room(size + kPackedIdsRoom);  // an id takes a byte at least
  c_.values.Room(limits_.sample_types + 1);
  Position labels = nullptr;
  Position labels_end = nullptr;
  bool labels_scattered = false;
  size_t ids = 0;
  size_t values = 0;
  while (p < end) {
    const Position field = p;
    uint64_t tag = 0;
    if (!ReadTag(p, tag)) return false;
    Position data_end = p;
    switch (tag) {
      case Tag(1, kBytes):
        if (!ReadLength(p, end, "sample.location_id", data_end)) return false;
        if (!ReadLocationIds(p, data_end, ids)) return false;
        p = data_end;
        break;
      case Tag(2, kBytes):
        if (!ReadLength(p, end, "sample.value", data_end)) return false;
        if (!ReadValues(p, data_end, values)) return false;
        p = data_end;
        break;
      case Tag(3, kBytes):
        if (labels == nullptr) {
          labels = field;
        } else if (labels_end != field) {
          labels_scattered = true;
        }
        if (!ReadLength(p, end, "sample.label", data_end)) return false;
        p = labels_end = data_end;
        break;
      case Tag(1, kVarint): {
        const Position at = p;
        uint64_t id;
        if (!ReadNumber(p, "sample.location_id", id)) return false;
        if (!UseLocation(at, id, c_.stack_locations.end()[ids])) return false;
        ++ids;
        break;
      }
      case Tag(2, kVarint): {
        if (values == limits_.sample_types) return TooMany("values in a sample", values);
        if (!ReadSigned(p, "sample.value", c_.values.end()[values])) return false;
        ++values;
        break;
      }
      default:
        if (!SkipField(p, end, tag, kSampleFields, "sample")) return false;
    }
  }
  if (!EndOf("sample", start, p, end)) return false;
  uint32_t label_set = 0;
  if (labels != nullptr) {
    const bool found = labels_scattered ? ReadLabels(start, end, label_set)
                                        : FindLabels(labels, labels_end, label_set);
    if (!found) return false;
  }
  return CommitSample(start, ids, values, label_set);
}

bool Reader::ReadLocationIds(Position p, Position end, size_t& count) {
  const Position start = p;
  uint32_t* out = c_.stack_locations.end() + count;
  uint32_t* const first = out;
  if (dense_) {
    const size_t decoded = DecodePackedIds(p, end, out);
    if (decoded != SIZE_MAX) [[likely]] {
      count += decoded;  // id 0 is refused later, with all that do not exist
      return true;
    }
    uint64_t all = 0;
    while (p < end) {
      uint64_t id;
      if (!ReadNumber(p, "sample.location_id", id)) return false;
      all |= id;
      *out++ = static_cast<uint32_t>(id) - 1;
    }
    if ((all >> 32) != 0) [[unlikely]]
      return StartAgain();
  } else {
    while (p < end) {
      const Position at = p;
      uint64_t id;
      if (!ReadNumber(p, "sample.location_id", id)) return false;
      if (!UseLocation(at, id, *out++)) return false;
    }
  }
  count += static_cast<size_t>(out - first);
  return EndOf("sample.location_id", start, p, end);
}

bool Reader::ReadValues(Position p, Position end, size_t& count) {
  const Position start = p;
  int64_t* out = c_.values.end();
  while (p < end) {
    if (count == limits_.sample_types) return TooMany("values in a sample", count);
    if (!ReadSigned(p, "sample.value", out[count])) return false;
    ++count;
  }
  return EndOf("sample.value", start, p, end);
}

// Samples repeat a few sets of labels, mostly byte by byte.
bool Reader::FindLabels(Position p, Position end, uint32_t& label_set) {
  const auto size = static_cast<size_t>(end - p);
  const uint64_t head[2] = {InternTable::Head(p, size),
                            InternTable::Head(p + 8, size > 8 ? size - 8 : 0)};
  const auto next = static_cast<uint32_t>(scratch_.known_labels.size());
  const uint32_t hash = scratch_.label_bytes.HashBytes(p, size);
  const uint32_t index = scratch_.label_bytes.Intern(hash, next, [&](uint32_t other) {
    const LabelBytes& known = scratch_.known_labels[other];
    return known.size == size && known.head[0] == head[0] && known.head[1] == head[1] &&
           (size <= sizeof head || std::memcmp(begin_ + known.offset, p, size) == 0);
  });
  if (index != next) {
    label_set = scratch_.known_labels[index].label_set;
    return true;
  }
  if (!ReadLabels(p, end, label_set)) return false;
  scratch_.known_labels.Append({{head[0], head[1]},
                                static_cast<uint32_t>(p - begin_),
                                static_cast<uint32_t>(size),
                                label_set});
  return true;
}

// The labels among the fields in [p, end), which ReadSample has walked over before.
bool Reader::ReadLabels(Position p, Position end, uint32_t& label_set) {
  pending_labels_ = 0;
  while (p < end) {
    uint64_t tag = 0;
    if (!ReadTag(p, tag)) return false;
    Position data_end = p;
    if (tag != Tag(3, kBytes)) {
      if (!SkipField(p, end, tag, 0, "sample")) return false;
      continue;
    }
    if (!ReadLength(p, end, "sample.label", data_end) || !ReadLabel(p, data_end)) return false;
    p = data_end;
  }
  label_set = pending_labels_ == 0 ? 0 : InternLabels();
  return true;
}

bool Reader::ReadLabel(Position p, Position end) {
  Label label;
  const bool whole = ReadFields(p, end, "sample.label", [&](uint64_t tag) {
    switch (tag) {
      case Tag(1, kVarint):
        return ReadString(p, "sample.label.key", label.key);
      case Tag(2, kVarint):
        return ReadString(p, "sample.label.str", label.text);
      case Tag(3, kVarint):
        return ReadSigned(p, "sample.label.num", label.number);
      case Tag(4, kVarint):
        return ReadString(p, "sample.label.num_unit", label.unit);
      default:
        return SkipField(p, end, tag, kLabelFields, "sample.label");
    }
  });
  if (!whole) return false;
  if (label.text != 0) {
    label.number = 0;  // text wins over a number (pprof: postDecode)
    label.unit = 0;
  } else if (label.number == 0 && label.unit == 0) {
    if (label.key > dropped_label_key_) {
      dropped_label_key_ = label.key;
      dropped_label_sample_ = static_cast<uint32_t>(c_.sample_label_set.size());
    }
    return true;
  }
  if (c_.labels.size() + pending_labels_ >= limits_.labels)
    return TooMany("labels", limits_.labels);
  *(c_.labels.Room(pending_labels_ + 1) + pending_labels_) = label;
  ++pending_labels_;
  return true;
}

bool Reader::CommitSample(Position at, size_t ids, size_t values, uint32_t label_set) {
  if (c_.sample_label_set.empty()) {
    values_per_sample_ = static_cast<uint32_t>(values);
  } else if (values != values_per_sample_) {
    return Fail(at, "sample.value",
                "sample " + std::to_string(c_.sample_label_set.size()) + " has " +
                    std::to_string(values) + " values, the samples before it have " +
                    std::to_string(values_per_sample_));
  }
  if (c_.sample_label_set.size() == limits_.samples) return TooMany("samples", limits_.samples);
  c_.values.SetSize(c_.values.size() + values);
  if (c_.values.size() > limits_.values) return TooMany("values", limits_.values);

  const uint32_t hash = scratch_.stacks.Hash(c_.stack_locations.end(), ids);
  scratch_.stacks.Prefetch(hash);
  c_.stack_locations.SetSize(c_.stack_locations.size() + ids);
  pending_stacks_[pending_count_++] = {hash, static_cast<uint32_t>(c_.stack_locations.size())};
  c_.sample_label_set.Append(label_set);
  return pending_count_ < kBatch || InternStacks();
}

// Looks the pending stacks up, and closes the gaps that those seen before leave.
bool Reader::InternStacks() {
  uint32_t* const base = c_.stack_locations.data();
  c_.stack_begin.Room(pending_count_);  // so that it does not move
  uint32_t* const of_sample = c_.sample_stack.Room(pending_count_);
  auto stacks = static_cast<uint32_t>(c_.stack_begin.size() - 1);
  const uint32_t* const begins = c_.stack_begin.data();
  uint32_t kept = c_.stack_begin.back();
  const uint32_t first_new = kept;
  uint32_t begin = kept;
  for (size_t i = 0; i < pending_count_; ++i) {
    const uint32_t hash = pending_stacks_[i].hash;
    const uint32_t end = pending_stacks_[i].end;
    const size_t bytes = (end - begin) * sizeof *base;
    const uint32_t index = scratch_.stacks.Intern(hash, stacks, [&](uint32_t other) {
      const uint32_t from = begins[other];
      return begins[other + 1] - from == end - begin &&
             std::memcmp(base + from, base + begin, bytes) == 0;
    });
    if (index == stacks) {
      if (kept != begin) std::memmove(base + kept, base + begin, bytes);
      kept += end - begin;
      c_.stack_begin.Append(kept);
      ++stacks;
    }
    of_sample[i] = index;
    begin = end;
  }
  c_.sample_stack.SetSize(c_.sample_stack.size() + pending_count_);
  if (dense_) {  // CheckReferences asks for it; here the references are still in the cache
    largest_reference_ =
        std::max(largest_reference_, LargestReference(base + first_new, kept - first_new));
  }
  c_.stack_locations.SetSize(kept);
  pending_count_ = 0;
  return kept <= limits_.stack_references || TooMany("stack references", limits_.stack_references);
}

uint32_t Reader::InternLabels() {
  static_assert(sizeof(Label) % sizeof(uint32_t) == 0);
  const Label* labels = c_.labels.end();
  const auto next = static_cast<uint32_t>(c_.label_set_begin.size() - 1);
  const uint32_t hash = scratch_.label_sets.Hash(reinterpret_cast<const uint32_t*>(labels),
                                                 pending_labels_ * sizeof(Label) / 4);
  const uint32_t set = scratch_.label_sets.Intern(hash, next, [&](uint32_t other) {
    const uint32_t begin = c_.label_set_begin[other];
    return c_.label_set_begin[other + 1] - begin == pending_labels_ &&
           std::memcmp(c_.labels.data() + begin, labels, pending_labels_ * sizeof(Label)) == 0;
  });
  if (set == next) {
    c_.labels.SetSize(c_.labels.size() + pending_labels_);
    c_.label_set_begin.Append(static_cast<uint32_t>(c_.labels.size()));
  }
  return set;
}

bool Reader::UseLocation(Position at, uint64_t id, uint32_t& reference) {
  if (id == 0) return Fail(at, "sample.location_id", "id 0 is reserved");
  if (dense_) return UseInOrder(id, reference);
  reference = scratch_.location_ids.Number(id);
  if (reference >= limits_.locations) return TooMany("locations", limits_.locations);
  return true;
}

}  // namespace kubediag::profile
