#include "plugins/go_profiler/profile/profile.h"

#include <charconv>

namespace kubediag::profile {
namespace {

constexpr std::string_view kInUsePrefix = "inuse_";

template <typename... T>
size_t CapacityBytes(const Column<T>&... columns) {
  return (... + (columns.capacity() * sizeof(T)));
}

}  // namespace

uint32_t Profile::DefaultSampleType() const {
  const std::string_view wanted = String(c_.default_sample_type);
  for (uint32_t i = 0; !wanted.empty() && i < c_.sample_types.size(); ++i) {
    if (String(c_.sample_types[i].type) == wanted) return i;
  }
  return static_cast<uint32_t>(c_.sample_types.size()) - 1;  // kNone when there is none
}

uint32_t Profile::FindSampleType(std::string_view name) const {
  if (name.empty()) return DefaultSampleType();
  uint32_t position = 0;
  const char* const end = name.data() + name.size();
  if (const auto [stop, error] = std::from_chars(name.data(), end, position);
      error == std::errc() && stop == end) {
    return position < c_.sample_types.size() ? position : kNone;
  }
  std::string_view bare = name;
  if (bare.starts_with(kInUsePrefix)) bare.remove_prefix(kInUsePrefix.size());
  for (uint32_t i = 0; i < c_.sample_types.size(); ++i) {
    const std::string_view type = String(c_.sample_types[i].type);
    if (type == name || type == bare) return i;
  }
  return kNone;
}

size_t MemoryBytes(const Columns& c) {
  return CapacityBytes(c.sample_stack, c.sample_label_set, c.values, c.stack_begin,
                       c.stack_locations, c.label_set_begin, c.labels, c.location_address,
                       c.location_mapping, c.location_line_begin, c.location_is_folded, c.lines,
                       c.functions, c.mappings, c.location_ids, c.function_ids, c.strings, c.text,
                       c.sample_types, c.comments);
}

}  // namespace kubediag::profile
