// The kinds of profile a Go program offers, as one table. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kubediag::go_profiler {

struct ProfileType {
  std::string_view name;                           // as the parameter spells it
  std::string_view path;                           // below /debug/pprof/
  bool records_over_time;                          // takes seconds even without being asked to
  std::string_view hint_404;                       // why the path may not be there
  std::span<const std::string_view> sample_types;  // at least one of them is in such a profile
};

// The type that a profile looks like that has samples of these types, if it is not `asked`. Null:
// it fits, or nothing is known of it: other producers have names of their own.
const ProfileType* OtherTypeServed(const ProfileType& asked,
                                   std::span<const std::string_view> sample_types);

// Null: no such type. Names are case-sensitive, as in KubeDiag 0.2.
const ProfileType* FindProfileType(std::string_view name);
std::vector<std::string> ProfileTypeNames();

}  // namespace kubediag::go_profiler
