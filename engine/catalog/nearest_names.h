// The names a user may have meant: for messages about a name that does not exist. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kubediag::catalog {

// Up to three of `names`, nearest first: few edits away, or containing `name` or contained in it.
std::vector<std::string> NearestNames(std::string_view name, const std::vector<std::string>& names);

}  // namespace kubediag::catalog
