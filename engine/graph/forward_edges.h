// ForwardEdges: the edges of an adjacency list in compressed rows, and what Boost.Graph tells about
// them. Plain values and pure functions; nothing here recurses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/graph/operation_graph.h"

namespace kubediag::graph {

struct ForwardEdges {
  std::vector<uint32_t> offsets;   // node count + 1
  std::vector<NodeIndex> targets;  // targets[offsets[n] … offsets[n + 1]) of node n

  size_t node_count() const { return offsets.size() - 1; }
};

// Cycles that have neither end of their closing edge in common, at most `limit`: each from the node
// that the closing edge leads to, along the edges, to the one it leaves.
std::vector<std::vector<NodeIndex>> FindCycles(const ForwardEdges& edges, size_t limit);

// By node: whether a path leads there from node 0.
std::vector<bool> FindReachable(const ForwardEdges& edges);

// Each node before its successors. There must be no cycle.
std::vector<NodeIndex> SortTopologically(const ForwardEdges& edges);

}  // namespace kubediag::graph
