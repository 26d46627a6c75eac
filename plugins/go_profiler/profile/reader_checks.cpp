// The part of Reader that looks at the whole: references, value counts, strings.
#include <algorithm>

#include "plugins/go_profiler/profile/reader.h"

namespace kubediag::profile {

bool Reader::Finish() {
  if (c_.strings.empty()) {
    return FailAt(static_cast<size_t>(end_ - begin_), "string_table", "it is missing");
  }
  if (!(dense_ || ResolveIds()) || !CheckReferences() || !CheckStackFrames() ||
      !CheckSampleTypes() || !CheckStrings()) {
    return false;
  }
  TakeText();
  return true;
}

// From numbers in order of first sight to positions in the tables.
bool Reader::ResolveIds() {
  const IdIndex& locations = scratch_.location_ids;
  const IdIndex& functions = scratch_.function_ids;
  const IdIndex& mappings = scratch_.mapping_ids;
  for (uint32_t& reference : c_.location_mapping) {
    if (reference != kNone) reference = mappings.Position(reference);
  }
  for (Line& line : c_.lines) line.function = functions.Position(line.function);
  for (uint32_t& reference : c_.stack_locations) reference = locations.Position(reference);
  return KeepOriginalIds(locations, c_.location_address.size(), c_.location_ids) &&
         KeepOriginalIds(functions, c_.functions.size(), c_.function_ids);
}

bool Reader::KeepOriginalIds(const IdIndex& index, size_t count, Column<uint64_t>& ids) {
  ids.Assign(count, 0);
  bool counted = true;
  for (uint32_t number = 0; number < index.size(); ++number) {
    const uint32_t position = index.Position(number);
    if (position == kNone) continue;
    ids[position] = index.Id(number);
    counted &= index.Id(number) == uint64_t{position} + 1;
  }
  if (counted) ids.Clear();
  return true;
}

bool Reader::CheckReferences() {
  const auto locations = static_cast<uint32_t>(c_.location_address.size());
  const auto functions = static_cast<uint32_t>(c_.functions.size());
  const auto mappings = static_cast<uint32_t>(c_.mappings.size());

  if (!dense_) {  // ids have only now become references
    largest_reference_ = 0;
    for (const uint32_t reference : c_.stack_locations) {
      largest_reference_ = std::max(largest_reference_, reference);
    }
  }
  if (!c_.stack_locations.empty() && largest_reference_ >= locations) {
    for (uint32_t sample = 0; sample < c_.sample_stack.size(); ++sample) {
      const uint32_t stack = c_.sample_stack[sample];
      for (uint32_t i = c_.stack_begin[stack]; i < c_.stack_begin[stack + 1]; ++i) {
        if (c_.stack_locations[i] < locations) continue;
        if (dense_ && c_.stack_locations[i] == UINT32_MAX) {
          return FailAt(OffsetOf(2, sample), "sample.location_id", "id 0 is reserved");
        }
        const std::string id =
            dense_ ? " " + std::to_string(uint64_t{c_.stack_locations[i]} + 1) : std::string();
        return FailAt(
            OffsetOf(2, sample), "sample.location_id",
            "sample " + std::to_string(sample) + " names a location" + id + " that does not exist");
      }
    }
  }
  for (uint32_t location = 0; location < locations; ++location) {
    uint32_t& mapping = c_.location_mapping[location];
    if (mapping >= mappings) mapping = kNone;  // as pprof reads it
    for (uint32_t i = c_.location_line_begin[location]; i < c_.location_line_begin[location + 1];
         ++i) {
      if (c_.lines[i].function < functions) continue;
      return FailAt(
          OffsetOf(4, location), "location.line.function_id",
          "location " + std::to_string(location) + " names a function that does not exist");
    }
  }
  return true;
}

// A few long locations on many stacks would make reports cost more than the input is long.
bool Reader::CheckStackFrames() {
  if (uint64_t{most_lines_} * c_.stack_locations.size() <= limits_.stack_frames) return true;
  uint64_t frames = 0;
  for (const uint32_t location : c_.stack_locations) {
    frames += c_.location_line_begin[location + 1] - c_.location_line_begin[location];
  }
  return frames <= limits_.stack_frames || TooMany("frames on its stacks", limits_.stack_frames);
}

bool Reader::CheckSampleTypes() {
  if (c_.sample_stack.empty()) return true;
  if (c_.sample_types.empty()) {
    return FailAt(OffsetOf(2, 0), "sample_type", "there are samples, but no sample types");
  }
  if (c_.sample_types.size() != values_per_sample_) {
    return FailAt(OffsetOf(2, 0), "sample.value",
                  "samples have " + std::to_string(values_per_sample_) + " values, and there are " +
                      std::to_string(c_.sample_types.size()) + " sample types");
  }
  return true;
}

bool Reader::CheckStrings() {
  for (uint32_t i = 0; i < c_.sample_types.size(); ++i) {
    if (!CheckString(c_.sample_types[i].type, 1, i, "sample_type.type")) return false;
    if (!CheckString(c_.sample_types[i].unit, 1, i, "sample_type.unit")) return false;
  }
  for (uint32_t i = 0; i < c_.mappings.size(); ++i) {
    if (!CheckString(c_.mappings[i].file, 3, i, "mapping.filename")) return false;
    if (!CheckString(c_.mappings[i].build_id, 3, i, "mapping.build_id")) return false;
  }
  for (uint32_t i = 0; i < c_.functions.size(); ++i) {
    const Function& function = c_.functions[i];
    if (!CheckString(function.name, 5, i, "function.name")) return false;
    if (!CheckString(function.system_name, 5, i, "function.system_name")) return false;
    if (!CheckString(function.file, 5, i, "function.filename")) return false;
  }
  for (uint32_t set = 1; set + 1 < c_.label_set_begin.size(); ++set) {
    for (uint32_t i = c_.label_set_begin[set]; i < c_.label_set_begin[set + 1]; ++i) {
      const Label& label = c_.labels[i];
      const uint32_t largest = std::max({label.key, label.text, label.unit});
      if (largest < c_.strings.size()) continue;
      const auto sample = static_cast<uint32_t>(
          std::find(c_.sample_label_set.begin(), c_.sample_label_set.end(), set) -
          c_.sample_label_set.begin());
      return FailString(largest, OffsetOf(2, sample), "sample.label");
    }
  }
  if (dropped_label_key_ >= c_.strings.size()) {
    return FailString(dropped_label_key_, OffsetOf(2, dropped_label_sample_), "sample.label.key");
  }
  for (const uint32_t comment : c_.comments) {
    if (!CheckString(comment, 13, 0, "comment")) return false;
  }
  return CheckString(c_.drop_frames, 7, 0, "drop_frames") &&
         CheckString(c_.keep_frames, 8, 0, "keep_frames") &&
         CheckString(c_.period_type.type, 11, 0, "period_type.type") &&
         CheckString(c_.period_type.unit, 11, 0, "period_type.unit") &&
         CheckString(c_.default_sample_type, 14, 0, "default_sample_type") &&
         CheckString(c_.doc_url, 15, 0, "doc_url");
}

bool Reader::CheckString(uint32_t string, uint32_t field, uint32_t ordinal, const char* name) {
  if (string < c_.strings.size()) [[likely]]
    return true;
  return FailString(string, OffsetOf(field, ordinal), name);
}

bool Reader::FailString(uint32_t string, size_t offset, const char* name) {
  return FailAt(offset, name,
                "string " + std::to_string(string) + " does not exist (the table has " +
                    std::to_string(c_.strings.size()) + ")");
}

// Copies the strings out of the input. Writers put them side by side: then one copy takes them all,
// with the few bytes between them.
void Reader::TakeText() {
  size_t sum = 0;
  uint32_t first = UINT32_MAX;
  uint32_t last = 0;
  for (const StringSpan& span : c_.strings) {
    sum += span.size;
    first = std::min(first, span.offset);
    last = std::max(last, span.offset + span.size);
  }
  if (last - first <= sum + 4 * c_.strings.size()) {
    const size_t size = last - first;
    std::copy_n(reinterpret_cast<const char*>(begin_) + first, size, c_.text.Room(size));
    c_.text.SetSize(size);
    for (StringSpan& span : c_.strings) span.offset -= first;
    return;
  }
  char* out = c_.text.Room(sum);
  for (StringSpan& span : c_.strings) {
    std::copy_n(reinterpret_cast<const char*>(begin_) + span.offset, span.size, out);
    span.offset = static_cast<uint32_t>(out - c_.text.data());
    out += span.size;
  }
  c_.text.SetSize(sum);
}

size_t Reader::OffsetOf(uint32_t field, uint32_t ordinal) const {
  // The pass has read every field, so this walk meets no error.
  for (Position p = begin_; p < end_;) {
    const Position at = p;
    uint64_t tag = 0;
    uint64_t value = 0;
    p = ReadVarint(p, tag);
    switch (tag & 7) {
      case kFixed64:
        p += 8;
        break;
      case kFixed32:
        p += 4;
        break;
      default:
        p = ReadVarint(p, value);
        if ((tag & 7) == kBytes) p += value;
    }
    if (tag >> 3 == field && ordinal-- == 0) return static_cast<size_t>(at - begin_);
  }
  return 0;
}

}  // namespace kubediag::profile
