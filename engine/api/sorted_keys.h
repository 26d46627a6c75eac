// SortedKeys: the order in which the entries of a map are printed. Pure function.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "engine/api/value.h"

namespace kubediag::api {

// Indices of a map's entries, by key, byte by byte.
inline std::vector<size_t> SortedKeys(const Value& map) {
  std::vector<size_t> order(map.keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return map.keys[a].name < map.keys[b].name; });
  return order;
}

}  // namespace kubediag::api
