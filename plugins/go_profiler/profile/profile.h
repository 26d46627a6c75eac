// A decoded pprof profile: who called whom, and what it cost.
//
// Immutable after construction; all methods are const and may be called from several threads.
// Everything is a column (structure of arrays) of flat 32-bit references: a stack is a run of
// location indices, a location a run of lines, a line names a function, a function names strings.
// A reference was checked when the profile was made, so readers need no bounds checks of their own.
// Spans and string views live as long as the Profile they come from; moving a Profile keeps them.
// Values are in the unit of their sample type, times in nanoseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "plugins/go_profiler/profile/column.h"

namespace kubediag::profile {

// "No such thing" where an index is optional.
inline constexpr uint32_t kNone = UINT32_MAX;

// Members named *_name, type, unit, key, text, file … are string indices; string 0 is "".
struct ValueType {
  uint32_t type = 0;
  uint32_t unit = 0;
};

struct Mapping {
  uint64_t id = 0;
  uint64_t start = 0;
  uint64_t limit = 0;
  uint64_t offset = 0;
  uint32_t file = 0;
  uint32_t build_id = 0;
  bool has_functions = false;
  bool has_filenames = false;
  bool has_line_numbers = false;
  bool has_inline_frames = false;
};

struct Line {
  int64_t line = 0;
  int64_t column = 0;
  uint32_t function = 0;
};

struct Function {
  int64_t start_line = 0;
  uint32_t name = 0;
  uint32_t system_name = 0;
  uint32_t file = 0;
};

// A label holds text, or a number with an optional unit. Labels that hold nothing (no text, zero,
// no unit) do not exist (pprof: postDecode drops them).
struct Label {
  int64_t number = 0;
  uint32_t key = 0;
  uint32_t text = 0;
  uint32_t unit = 0;
  uint32_t padding = 0;  // always 0: sets are compared as bytes

  bool is_text() const { return text != 0; }
};

// Where a string lies in Columns::text.
struct StringSpan {
  uint32_t offset = 0;
  uint32_t size = 0;
};

// What a Profile is made of. Whoever fills it promises: every *_begin column has one element more
// than there are runs, every index is in range, string 0 exists and is "".
struct Columns {
  // One element a sample.
  Column<uint32_t> sample_stack;
  Column<uint32_t> sample_label_set;
  Column<int64_t> values;  // sample-major: sample_types.size() a sample

  // Distinct stacks: location indices, leaf first.
  Column<uint32_t> stack_begin;
  Column<uint32_t> stack_locations;

  // Distinct label sets in order of first use; set 0 is empty.
  Column<uint32_t> label_set_begin;
  Column<Label> labels;

  // One element a location; lines are innermost inlined callee first, the real function last.
  Column<uint64_t> location_address;
  Column<uint32_t> location_mapping;  // kNone: none
  Column<uint32_t> location_line_begin;
  Column<uint8_t> location_is_folded;
  Column<Line> lines;

  Column<Function> functions;
  Column<Mapping> mappings;

  // The ids of the file where they are not 1..n in order; otherwise empty.
  Column<uint64_t> location_ids;
  Column<uint64_t> function_ids;

  Column<StringSpan> strings;
  Column<char> text;

  Column<ValueType> sample_types;
  Column<uint32_t> comments;
  ValueType period_type;
  int64_t period = 0;
  int64_t time_nanos = 0;
  int64_t duration_nanos = 0;
  uint32_t default_sample_type = 0;
  uint32_t drop_frames = 0;
  uint32_t keep_frames = 0;
  uint32_t doc_url = 0;
};

class Profile {
 public:
  explicit Profile(Columns columns) : c_(std::move(columns)) {}

  std::string_view String(uint32_t string) const {
    const StringSpan span = c_.strings[string];
    return {c_.text.data() + span.offset, span.size};
  }
  uint32_t StringCount() const { return static_cast<uint32_t>(c_.strings.size()); }

  // Sample types. The default is the one that the profile names, else the last one
  // (pprof: SampleIndexByName); kNone only when there is no sample type at all.
  std::span<const ValueType> SampleTypes() const { return c_.sample_types; }
  uint32_t DefaultSampleType() const;
  // A type by its name, by its name without the prefix "inuse_", or by its 0-based position;
  // empty is the default. kNone: no such type.
  uint32_t FindSampleType(std::string_view name) const;

  uint32_t SampleCount() const { return static_cast<uint32_t>(c_.sample_stack.size()); }
  uint32_t SampleStack(uint32_t sample) const { return c_.sample_stack[sample]; }
  uint32_t SampleLabelSet(uint32_t sample) const { return c_.sample_label_set[sample]; }
  int64_t Value(uint32_t sample, uint32_t type) const {
    return c_.values[size_t{sample} * c_.sample_types.size() + type];
  }

  // Distinct stacks, in order of first use; equal stacks have equal indices. Leaf first.
  uint32_t StackCount() const { return static_cast<uint32_t>(c_.stack_begin.size()) - 1; }
  std::span<const uint32_t> Stack(uint32_t stack) const {
    return {c_.stack_locations.data() + c_.stack_begin[stack],
            c_.stack_begin[stack + 1] - c_.stack_begin[stack]};
  }

  // Distinct label sets; set 0 is empty.
  uint32_t LabelSetCount() const { return static_cast<uint32_t>(c_.label_set_begin.size()) - 1; }
  std::span<const Label> LabelSet(uint32_t set) const {
    return {c_.labels.data() + c_.label_set_begin[set],
            c_.label_set_begin[set + 1] - c_.label_set_begin[set]};
  }

  uint32_t LocationCount() const { return static_cast<uint32_t>(c_.location_address.size()); }
  uint64_t LocationId(uint32_t location) const {
    return c_.location_ids.empty() ? uint64_t{location} + 1 : c_.location_ids[location];
  }
  uint64_t LocationAddress(uint32_t location) const { return c_.location_address[location]; }
  uint32_t LocationMapping(uint32_t location) const { return c_.location_mapping[location]; }
  bool LocationIsFolded(uint32_t location) const { return c_.location_is_folded[location] != 0; }
  // Innermost inlined callee first; the last line is the function that holds the address.
  std::span<const Line> LocationLines(uint32_t location) const {
    return {c_.lines.data() + c_.location_line_begin[location],
            c_.location_line_begin[location + 1] - c_.location_line_begin[location]};
  }

  std::span<const Function> Functions() const { return c_.functions; }
  uint64_t FunctionId(uint32_t function) const {
    return c_.function_ids.empty() ? uint64_t{function} + 1 : c_.function_ids[function];
  }
  std::span<const Mapping> Mappings() const { return c_.mappings; }
  std::span<const uint32_t> Comments() const { return c_.comments; }  // string indices

  ValueType PeriodType() const { return c_.period_type; }
  int64_t Period() const { return c_.period; }
  int64_t TimeNanos() const { return c_.time_nanos; }  // since the epoch; 0: not known
  int64_t DurationNanos() const { return c_.duration_nanos; }
  uint32_t DropFrames() const { return c_.drop_frames; }
  uint32_t KeepFrames() const { return c_.keep_frames; }
  uint32_t DocUrl() const { return c_.doc_url; }

  const Columns& columns() const { return c_; }
  // Takes the columns back, to build another profile in the same memory.
  Columns Release() && { return std::move(c_); }

 private:
  Columns c_;
};

// Heap bytes that `columns` holds, unused capacity included.
size_t MemoryBytes(const Columns& columns);

}  // namespace kubediag::profile
