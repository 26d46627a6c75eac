// The operations of one OperationSet as a directed acyclic graph.
//
// Built once from an adjacency list, then immutable: all methods are const and may be called from
// several threads. Nodes are named by their position in the list, as KubeDiag does; position 0 is
// the start and runs nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"

namespace kubediag::graph {

using NodeIndex = uint32_t;

// One broken rule, for error messages that point into a file.
struct Violation {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  std::string field;    // relative to the OperationSet's spec, e.g. "adjacencyList[3].to[0]"
  std::string message;  // "9 is not a position (the list has 5)", "cycle: 1 -> 2 -> 1"
};

// Every violation of the graph rules, warnings included, in list order:
// at least 2 nodes, every `to` in range, no self edge, no cycle, every node reachable from 0, every
// node but 0 names an operation and 0 does not; a missing or differing id and a duplicate edge are
// warnings.
std::vector<Violation> CheckAdjacencyList(std::span<const api::Node> adjacency_list);

class OperationGraph {
 public:
  // Checks the rules and sorts topologically in O(nodes + edges) (Boost.Graph).
  // InvalidArgument: all errors of CheckAdjacencyList, each with its field, joined by "; ".
  static Result<OperationGraph> Build(std::span<const api::Node> adjacency_list);

  NodeIndex size() const { return static_cast<NodeIndex>(offsets_.size() - 1); }
  size_t edge_count() const { return targets_.size(); }

  // In list order, duplicates removed.
  std::span<const NodeIndex> Successors(NodeIndex node) const {
    return std::span(targets_).subspan(offsets_[node], offsets_[node + 1] - offsets_[node]);
  }
  // Ascending.
  std::span<const NodeIndex> Predecessors(NodeIndex node) const {
    return std::span(sources_).subspan(source_offsets_[node],
                                       source_offsets_[node + 1] - source_offsets_[node]);
  }

  // Positions in topological order; ties in list order, so the order is stable.
  std::span<const NodeIndex> TopologicalOrder() const { return order_; }
  // Position in TopologicalOrder().
  NodeIndex Rank(NodeIndex node) const { return ranks_[node]; }

  // Number of start-to-sink paths, saturating at UINT64_MAX. Never enumerates them.
  uint64_t CountPaths() const;
  // The first `limit` paths, depth first in list order, without the start node.
  std::vector<std::vector<NodeIndex>> ListPaths(size_t limit) const;

 private:
  OperationGraph() = default;

  std::vector<uint32_t> offsets_;  // compressed sparse rows: edges out …
  std::vector<NodeIndex> targets_;
  std::vector<uint32_t> source_offsets_;  // … and in
  std::vector<NodeIndex> sources_;
  std::vector<NodeIndex> order_;
  std::vector<NodeIndex> ranks_;
};

}  // namespace kubediag::graph
