// The rules of the graph, applied to an adjacency list. Pure; used by OperationGraph and
// CheckAdjacencyList.
#pragma once

#include <span>
#include <vector>

#include "engine/api/objects.h"
#include "engine/graph/forward_edges.h"
#include "engine/graph/operation_graph.h"

namespace kubediag::graph {

struct CheckedList {
  ForwardEdges edges;  // in list order; edges that break a rule and duplicates are left out
  std::vector<Violation> violations;
  bool ok = true;  // no error among the violations
};

CheckedList CheckList(std::span<const api::Node> adjacency_list);

}  // namespace kubediag::graph
