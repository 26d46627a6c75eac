// AllPathsSchedule: which operations may start now when every node is to run (strategy AllPaths).
//
// Pure bookkeeping, not thread-safe. A node starts when all its predecessors have ended and at
// least one succeeded, else it is Skipped. Independent nodes may run at the same time; what a node
// sees and what is merged does not depend on timing: results of its ancestors only, by topological
// rank.
#pragma once

#include <vector>

#include "engine/graph/operation_graph.h"

namespace kubediag::graph {

enum class NodeState { kWaiting, kReady, kRunning, kSucceeded, kFailed, kSkipped };

class AllPathsSchedule {
 public:
  explicit AllPathsSchedule(const OperationGraph& graph);  // borrowed

  // Nodes that became ready and are now Running, in topological order.
  std::vector<NodeIndex> TakeReady();
  // Nodes that were skipped since the last call, each after its predecessors.
  std::vector<NodeIndex> TakeSkipped();
  void Finish(NodeIndex node, bool succeeded);

  bool Done() const;       // nothing is ready, running or waiting
  bool Succeeded() const;  // Done, and one path from start to a sink succeeded throughout
  NodeState state(NodeIndex node) const { return states_[node]; }
  // A path that succeeded throughout: the first in list order. Empty if none.
  std::vector<NodeIndex> SucceededPath() const;

 private:
  void Settle(NodeIndex node);
  std::vector<NodeIndex> TakeByRank(std::vector<NodeIndex>& nodes) const;

  const OperationGraph& graph_;
  std::vector<NodeState> states_;
  std::vector<uint32_t> pending_predecessors_;
  std::vector<NodeIndex> ready_;
  std::vector<NodeIndex> skipped_;
  size_t unfinished_ = 0;
};

}  // namespace kubediag::graph
