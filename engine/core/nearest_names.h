// The names a user may have meant: for messages about a name that does not exist. Letter case
// counts for nothing.
//
// Pure functions, thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kubediag {

// Up to three of `names`, nearest first: few edits away, or containing `name` or contained in it.
std::vector<std::string> NearestNames(std::string_view name, const std::vector<std::string>& names);

// The first of them, empty if none is near. The view is that of `names`.
std::string_view NearestName(std::string_view name, std::span<const std::string_view> names);

}  // namespace kubediag
