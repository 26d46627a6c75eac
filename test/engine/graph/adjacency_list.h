// Adjacency lists for tests, written as lists of `to`.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "engine/api/objects.h"

namespace kubediag::graph {

// Node i leads to to[i]; every node but the first runs operation "op-<i>".
inline std::vector<api::Node> AdjacencyList(std::vector<std::vector<int64_t>> to) {
  std::vector<api::Node> list(to.size());
  for (size_t i = 0; i < to.size(); ++i) {
    list[i].id = static_cast<int64_t>(i);
    list[i].to = std::move(to[i]);
    if (i > 0) list[i].operation = "op-" + std::to_string(i);
  }
  return list;
}

// start → {a, b} → join → {a, b} → join …, `diamonds` times: 2^diamonds paths.
inline std::vector<api::Node> Ladder(int64_t diamonds) {
  std::vector<std::vector<int64_t>> to = {{1, 2}};
  for (int64_t i = 0; i < diamonds; ++i) {
    const int64_t join = 3 * i + 3;
    to.push_back({join});
    to.push_back({join});
    to.push_back(i + 1 < diamonds ? std::vector<int64_t>{join + 1, join + 2}
                                  : std::vector<int64_t>{});
  }
  return AdjacencyList(std::move(to));
}

inline std::vector<api::Node> Chain(int64_t nodes) {
  std::vector<std::vector<int64_t>> to(static_cast<size_t>(nodes));
  for (int64_t i = 0; i + 1 < nodes; ++i) to[static_cast<size_t>(i)] = {i + 1};
  return AdjacencyList(std::move(to));
}

}  // namespace kubediag::graph
