// The kinds of profile a Go program offers, as one table. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kubediag::go_profiler {

struct ProfileType {
  std::string_view name;      // as the parameter spells it
  std::string_view path;      // below /debug/pprof/
  bool records_over_time;     // takes seconds even without being asked to
  std::string_view hint_404;  // why the path may not be there
};

// Null: no such type. Names are case-sensitive, as in KubeDiag 0.2.
const ProfileType* FindProfileType(std::string_view name);
std::vector<std::string> ProfileTypeNames();

}  // namespace kubediag::go_profiler
