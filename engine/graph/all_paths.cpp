#include "engine/graph/all_paths.h"

#include <algorithm>
#include <utility>

namespace kubediag::graph {

AllPathsSchedule::AllPathsSchedule(const OperationGraph& graph)
    : graph_(graph),
      states_(graph.size(), NodeState::kWaiting),
      pending_predecessors_(graph.size()),
      unfinished_(graph.size()) {
  for (NodeIndex node = 0; node < graph.size(); ++node) {
    pending_predecessors_[node] = static_cast<uint32_t>(graph.Predecessors(node).size());
  }
  states_[0] = NodeState::kSucceeded;  // the start runs nothing
  Settle(0);
}

// `node` has ended: looks which of its successors may start, and which are skipped, and so on.
void AllPathsSchedule::Settle(NodeIndex node) {
  std::vector<NodeIndex> ended = {node};
  while (!ended.empty()) {
    const NodeIndex last = ended.back();
    ended.pop_back();
    --unfinished_;
    for (const NodeIndex successor : graph_.Successors(last)) {
      if (--pending_predecessors_[successor] > 0) continue;
      const auto predecessors = graph_.Predecessors(successor);
      const bool may_start = std::any_of(
          predecessors.begin(), predecessors.end(),
          [&](NodeIndex predecessor) { return states_[predecessor] == NodeState::kSucceeded; });
      states_[successor] = may_start ? NodeState::kReady : NodeState::kSkipped;
      (may_start ? ready_ : ended).push_back(successor);
      if (!may_start) skipped_.push_back(successor);
    }
  }
}

std::vector<NodeIndex> AllPathsSchedule::TakeByRank(std::vector<NodeIndex>& nodes) const {
  std::vector<NodeIndex> taken = std::exchange(nodes, {});
  std::sort(taken.begin(), taken.end(),
            [&](NodeIndex a, NodeIndex b) { return graph_.Rank(a) < graph_.Rank(b); });
  return taken;
}

std::vector<NodeIndex> AllPathsSchedule::TakeReady() {
  std::vector<NodeIndex> taken = TakeByRank(ready_);
  for (const NodeIndex node : taken) states_[node] = NodeState::kRunning;
  return taken;
}

std::vector<NodeIndex> AllPathsSchedule::TakeSkipped() { return TakeByRank(skipped_); }

void AllPathsSchedule::Finish(NodeIndex node, bool succeeded) {
  if (states_[node] != NodeState::kRunning) return;
  states_[node] = succeeded ? NodeState::kSucceeded : NodeState::kFailed;
  Settle(node);
}

bool AllPathsSchedule::Done() const { return unfinished_ == 0; }

bool AllPathsSchedule::Succeeded() const { return Done() && !SucceededPath().empty(); }

std::vector<NodeIndex> AllPathsSchedule::SucceededPath() const {
  // Whether a path that succeeded throughout leads from the node to a sink.
  std::vector<bool> leads_to_end(graph_.size());
  const auto leads = [&](NodeIndex node) { return leads_to_end[node]; };
  const auto order = graph_.TopologicalOrder();
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    if (states_[*node] != NodeState::kSucceeded) continue;
    const auto successors = graph_.Successors(*node);
    leads_to_end[*node] =
        successors.empty() || std::any_of(successors.begin(), successors.end(), leads);
  }
  std::vector<NodeIndex> path;
  if (!leads_to_end[0]) return path;
  auto successors = graph_.Successors(0);
  while (!successors.empty()) {
    path.push_back(*std::find_if(successors.begin(), successors.end(), leads));
    successors = graph_.Successors(path.back());
  }
  return path;
}

}  // namespace kubediag::graph
