#include "plugins/go_profiler/profile/reader.h"

#include <algorithm>

namespace kubediag::profile {
namespace {

constexpr uint32_t kProfileFields = 0xfffe;  // 1..15
constexpr uint32_t kValueTypeFields = 0x6;   // 1..2

// A typical sample takes this many bytes; the table of stacks grows when it is wrong.
constexpr size_t kBytesPerStack = 96;

void Empty(Columns& c) {
  c.sample_stack.Clear();
  c.sample_label_set.Clear();
  c.values.Clear();
  c.stack_begin.Clear();
  c.stack_locations.Clear();
  c.label_set_begin.Clear();
  c.labels.Clear();
  c.location_address.Clear();
  c.location_mapping.Clear();
  c.location_line_begin.Clear();
  c.location_is_folded.Clear();
  c.lines.Clear();
  c.functions.Clear();
  c.mappings.Clear();
  c.location_ids.Clear();
  c.function_ids.Clear();
  c.strings.Clear();
  c.text.Clear();
  c.sample_types.Clear();
  c.comments.Clear();
  c.period_type = {};
  c.period = c.time_nanos = c.duration_nanos = 0;
  c.default_sample_type = c.drop_frames = c.keep_frames = c.doc_url = 0;
}

}  // namespace

Reader::Reader(std::span<const uint8_t> bytes, const Limits& limits, IdMode mode,
               ReaderScratch& scratch, Columns& columns)
    : begin_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      limits_(limits),
      dense_(mode == IdMode::kDense),
      scratch_(scratch),
      c_(columns) {
  Empty(c_);
  c_.stack_begin.Append(0);
  c_.label_set_begin.Append(0);
  c_.label_set_begin.Append(0);  // set 0 is empty
  c_.location_line_begin.Append(0);
  scratch_.stacks.Reset(bytes.size() / kBytesPerStack);
  scratch_.label_sets.Reset(256);
  scratch_.label_bytes.Reset(256);
  scratch_.known_labels.Clear();
  if (!dense_) {
    scratch_.location_ids.Reset();
    scratch_.function_ids.Reset();
    scratch_.mapping_ids.Reset();
  }
}

ReadOutcome Reader::Read() {
  if (ReadTopLevel() && Finish()) return ReadOutcome::kDone;
  return sparse_ids_ ? ReadOutcome::kSparseIds : ReadOutcome::kFailed;
}

bool Reader::ReadTopLevel() {
  Position p = begin_;
  Position field = p;
  while (p < end_) {
    field = p;
    uint64_t tag = 0;
    if (!ReadTag(p, tag)) return false;
    Position data_end = p;
    switch (tag) {
      case Tag(2, kBytes):
        if (!ReadLength(p, end_, "sample", data_end) || !ReadSample(p, data_end)) return false;
        p = data_end;
        break;
      case Tag(4, kBytes):
        if (!ReadLength(p, end_, "location", data_end) || !ReadLocation(p, data_end)) return false;
        p = data_end;
        break;
      case Tag(5, kBytes):
        if (!ReadLength(p, end_, "function", data_end) || !ReadFunction(p, data_end)) return false;
        p = data_end;
        break;
      case Tag(6, kBytes):
        if (!ReadLength(p, end_, "string_table", data_end)) return false;
        if (!AddString(p, static_cast<size_t>(data_end - p))) return false;
        p = data_end;
        break;
      default:
        if (!ReadOtherField(tag, p)) return false;
    }
  }
  return EndOf("profile", field, p, end_) && InternStacks();
}

// The fields that a profile has few of.
bool Reader::ReadOtherField(uint64_t tag, Position& p) {
  Position data_end = p;
  switch (tag) {
    case Tag(3, kBytes):
      if (!ReadLength(p, end_, "mapping", data_end) || !ReadMapping(p, data_end)) return false;
      break;
    case Tag(1, kBytes): {
      ValueType type;
      if (!ReadLength(p, end_, "sample_type", data_end)) return false;
      if (!ReadValueType(p, data_end, type)) return false;
      if (c_.sample_types.size() == limits_.sample_types) {
        return TooMany("sample types", limits_.sample_types);
      }
      c_.sample_types.Append(type);
      break;
    }
    case Tag(11, kBytes):
      c_.period_type = {};
      if (!ReadLength(p, end_, "period_type", data_end)) return false;
      if (!ReadValueType(p, data_end, c_.period_type)) return false;
      break;
    case Tag(13, kBytes):
      if (!ReadLength(p, end_, "comment", data_end) || !ReadComments(p, data_end)) return false;
      break;
    case Tag(13, kVarint): {
      uint32_t comment = 0;
      if (!ReadString(p, "comment", comment)) return false;
      if (c_.comments.size() == limits_.comments) return TooMany("comments", limits_.comments);
      c_.comments.Append(comment);
      return true;
    }
    case Tag(9, kVarint):
      if (c_.time_nanos != 0) {
        return Fail(p, "time_nanos", "a second time: these are concatenated profiles");
      }
      return ReadSigned(p, "time_nanos", c_.time_nanos);
    case Tag(7, kVarint):
      return ReadString(p, "drop_frames", c_.drop_frames);
    case Tag(8, kVarint):
      return ReadString(p, "keep_frames", c_.keep_frames);
    case Tag(10, kVarint):
      return ReadSigned(p, "duration_nanos", c_.duration_nanos);
    case Tag(12, kVarint):
      return ReadSigned(p, "period", c_.period);
    case Tag(14, kVarint):
      return ReadString(p, "default_sample_type", c_.default_sample_type);
    case Tag(15, kVarint):
      return ReadString(p, "doc_url", c_.doc_url);
    default:
      return SkipField(p, end_, tag, kProfileFields, "profile");
  }
  p = data_end;
  return true;
}

bool Reader::ReadValueType(Position p, Position end, ValueType& type) {
  return ReadFields(p, end, "sample_type or period_type", [&](uint64_t tag) {
    switch (tag) {
      case Tag(1, kVarint):
        return ReadString(p, "type", type.type);
      case Tag(2, kVarint):
        return ReadString(p, "unit", type.unit);
      default:
        return SkipField(p, end, tag, kValueTypeFields, "sample_type or period_type");
    }
  });
}

bool Reader::ReadComments(Position p, Position end) {
  const Position start = p;
  while (p < end) {
    uint32_t comment = 0;
    if (!ReadString(p, "comment", comment)) return false;
    if (c_.comments.size() == limits_.comments) return TooMany("comments", limits_.comments);
    c_.comments.Append(comment);
  }
  return EndOf("comment", start, p, end);
}

bool Reader::AddString(Position data, size_t size) {
  if (c_.strings.empty() && size != 0) {
    return Fail(data, "string_table", "the first string must be empty");
  }
  if (c_.strings.size() == limits_.strings) return TooMany("strings", limits_.strings);
  c_.strings.Append({static_cast<uint32_t>(data - begin_), static_cast<uint32_t>(size)});
  return true;
}

}  // namespace kubediag::profile
