// The part of Reader that is hot: samples, their stacks, values and labels.
#include <cstring>

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
  c_.stack_locations.Room(size + 1);  // an id takes a byte at least
  c_.values.Room(limits_.sample_types + 1);
  pending_labels_ = 0;
  size_t ids = 0;
  size_t values = 0;
  while (p < end) {
    uint64_t tag;
    if (!ReadTag(p, end, tag)) return false;
    Position data_end;
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
        if (!ReadLength(p, end, "sample.label", data_end) || !ReadLabel(p, data_end)) return false;
        p = data_end;
        break;
      case Tag(1, kVarint): {
        const Position at = p;
        uint64_t id;
        if (!ReadNumber(p, end, "sample.location_id", id)) return false;
        if (!UseLocation(at, id, c_.stack_locations.end()[ids])) return false;
        ++ids;
        break;
      }
      case Tag(2, kVarint): {
        if (values == limits_.sample_types) return TooMany("values in a sample", values);
        if (!ReadSigned(p, end, "sample.value", c_.values.end()[values])) return false;
        ++values;
        break;
      }
      default:
        if (!SkipField(p, end, tag, kSampleFields, "sample")) return false;
    }
  }
  return CommitSample(start, ids, values);
}

bool Reader::ReadLocationIds(Position p, Position end, size_t& count) {
  uint32_t* out = c_.stack_locations.end() + count;
  const Position start = p;
  uint32_t* const first = out;
  if (dense_) {
    uint64_t all = 0;  // bits of every id − 1: ids of 0 and from 2^32 show in the upper half
    while (p < end) {
      uint64_t id;
      const Position next = ReadVarint(p, id);
      if (next == nullptr) return Fail(p, "sample.location_id", "a number longer than ten bytes");
      p = next;
      all |= --id;
      *out++ = static_cast<uint32_t>(id);
    }
    if (p > end) return CutOff(start, "sample.location_id", "it ends inside a number");
    if ((all >> 32) != 0) [[unlikely]] {
      return StartAgain();
    }
  } else {
    while (p < end) {
      const Position at = p;
      uint64_t id;
      if (!ReadNumber(p, end, "sample.location_id", id)) return false;
      if (!UseLocation(at, id, *out++)) return false;
    }
  }
  count += static_cast<size_t>(out - first);
  return true;
}

bool Reader::ReadValues(Position p, Position end, size_t& count) {
  int64_t* out = c_.values.end();
  while (p < end) {
    if (count == limits_.sample_types) return TooMany("values in a sample", count);
    if (!ReadSigned(p, end, "sample.value", out[count])) return false;
    ++count;
  }
  return true;
}

bool Reader::ReadLabel(Position p, Position end) {
  Label label;
  while (p < end) {
    uint64_t tag;
    if (!ReadTag(p, end, tag)) return false;
    bool ok;
    switch (tag) {
      case Tag(1, kVarint):
        ok = ReadString(p, end, "sample.label.key", label.key);
        break;
      case Tag(2, kVarint):
        ok = ReadString(p, end, "sample.label.str", label.text);
        break;
      case Tag(3, kVarint):
        ok = ReadSigned(p, end, "sample.label.num", label.number);
        break;
      case Tag(4, kVarint):
        ok = ReadString(p, end, "sample.label.num_unit", label.unit);
        break;
      default:
        ok = SkipField(p, end, tag, kLabelFields, "sample.label");
    }
    if (!ok) return false;
  }
  if (label.text != 0) {
    label.number = 0;  // text wins over a number (pprof: postDecode)
    label.unit = 0;
  } else if (label.number == 0 && label.unit == 0) {
    if (label.key > dropped_label_key_) {
      dropped_label_key_ = label.key;
      dropped_label_sample_ = static_cast<uint32_t>(c_.sample_stack.size());
    }
    return true;
  }
  if (c_.labels.size() + pending_labels_ >= limits_.labels)
    return TooMany("labels", limits_.labels);
  *(c_.labels.Room(pending_labels_ + 1) + pending_labels_) = label;
  ++pending_labels_;
  return true;
}

bool Reader::CommitSample(Position at, size_t ids, size_t values) {
  if (c_.sample_stack.empty()) {
    values_per_sample_ = static_cast<uint32_t>(values);
  } else if (values != values_per_sample_) {
    return Fail(at, "sample.value",
                "sample " + std::to_string(c_.sample_stack.size()) + " has " +
                    std::to_string(values) + " values, the samples before it have " +
                    std::to_string(values_per_sample_));
  }
  if (c_.sample_stack.size() == limits_.samples) return TooMany("samples", limits_.samples);
  c_.values.SetSize(c_.values.size() + values);
  if (c_.values.size() > limits_.values) return TooMany("values", limits_.values);

  const uint32_t* stack = c_.stack_locations.end();
  const auto next_stack = static_cast<uint32_t>(c_.stack_begin.size() - 1);
  const uint32_t index =
      scratch_.stacks.Intern(scratch_.stacks.Hash(stack, ids), next_stack, [&](uint32_t other) {
        const uint32_t begin = c_.stack_begin[other];
        return c_.stack_begin[other + 1] - begin == ids &&
               std::memcmp(c_.stack_locations.data() + begin, stack, ids * sizeof *stack) == 0;
      });
  if (index == next_stack) {
    c_.stack_locations.SetSize(c_.stack_locations.size() + ids);
    if (c_.stack_locations.size() > limits_.stack_references) {
      return TooMany("stack references", limits_.stack_references);
    }
    c_.stack_begin.Append(static_cast<uint32_t>(c_.stack_locations.size()));
  }
  c_.sample_stack.Append(index);

  uint32_t label_set = 0;
  if (pending_labels_ != 0) {
    const Label* labels = c_.labels.end();
    const auto next_set = static_cast<uint32_t>(c_.label_set_begin.size() - 1);
    static_assert(sizeof(Label) % sizeof(uint32_t) == 0);
    const uint32_t hash = scratch_.label_sets.Hash(reinterpret_cast<const uint32_t*>(labels),
                                                   pending_labels_ * sizeof(Label) / 4);
    label_set = scratch_.label_sets.Intern(hash, next_set, [&](uint32_t other) {
      const uint32_t begin = c_.label_set_begin[other];
      return c_.label_set_begin[other + 1] - begin == pending_labels_ &&
             std::memcmp(c_.labels.data() + begin, labels, pending_labels_ * sizeof(Label)) == 0;
    });
    if (label_set == next_set) {
      c_.labels.SetSize(c_.labels.size() + pending_labels_);
      c_.label_set_begin.Append(static_cast<uint32_t>(c_.labels.size()));
    }
  }
  c_.sample_label_set.Append(label_set);
  return true;
}

bool Reader::UseLocation(Position at, uint64_t id, uint32_t& reference) {
  if (id == 0) return Fail(at, "sample.location_id", "id 0 is reserved");
  if (dense_) {
    if (id > UINT32_MAX) return StartAgain();
    reference = static_cast<uint32_t>(id - 1);
    return true;
  }
  reference = scratch_.location_ids.Number(id);
  if (reference >= limits_.locations) return TooMany("locations", limits_.locations);
  return true;
}

}  // namespace kubediag::profile
