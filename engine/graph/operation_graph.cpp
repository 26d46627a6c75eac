#include "engine/graph/operation_graph.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/core/limits.h"
#include "engine/graph/adjacency_check.h"

namespace kubediag::graph {
namespace {

Status ToStatus(const std::vector<Violation>& violations) {
  std::string message;
  size_t left_out = 0;
  for (const Violation& violation : violations) {
    if (violation.severity != Violation::Severity::kError) continue;
    if (message.size() > kMaxMessageBytes / 2) {
      ++left_out;
      continue;
    }
    if (!message.empty()) message += "; ";
    message += violation.field + ": " + violation.message;
  }
  if (left_out > 0) message += "; and " + std::to_string(left_out) + " more";
  return Status::InvalidArgument(std::move(message));
}

// Length of the longest path from the start to each node.
std::vector<NodeIndex> FindLevels(const ForwardEdges& edges) {
  std::vector<NodeIndex> levels(edges.node_count());
  for (const NodeIndex node : SortTopologically(edges)) {
    for (uint32_t i = edges.offsets[node]; i < edges.offsets[node + 1]; ++i) {
      NodeIndex& level = levels[edges.targets[i]];
      level = std::max(level, levels[node] + 1);
    }
  }
  return levels;
}

// A counting sort: rows[k] … rows[k + 1] are the items of key k, in their former order.
struct Grouped {
  std::vector<uint32_t> rows;
  std::vector<NodeIndex> items;
};

template <typename Key>
Grouped GroupBy(size_t key_count, size_t item_count, Key key_of) {
  Grouped grouped;
  grouped.rows.assign(key_count + 1, 0);
  grouped.items.resize(item_count);
  for (size_t item = 0; item < item_count; ++item) ++grouped.rows[key_of(item) + 1];
  for (size_t key = 0; key < key_count; ++key) grouped.rows[key + 1] += grouped.rows[key];
  std::vector<uint32_t> next(grouped.rows.begin(), grouped.rows.end() - 1);
  for (size_t item = 0; item < item_count; ++item) {
    grouped.items[next[key_of(item)]++] = static_cast<NodeIndex>(item);
  }
  return grouped;
}

}  // namespace

Result<OperationGraph> OperationGraph::Build(std::span<const api::Node> adjacency_list) {
  CheckedList checked = CheckList(adjacency_list);
  if (!checked.ok) return ToStatus(checked.violations);
  ForwardEdges& edges = checked.edges;
  const size_t node_count = edges.node_count();

  OperationGraph graph;
  const std::vector<NodeIndex> levels = FindLevels(edges);
  graph.order_ = GroupBy(node_count, node_count, [&](size_t node) { return levels[node]; }).items;
  graph.ranks_.resize(node_count);
  for (size_t rank = 0; rank < node_count; ++rank) {
    graph.ranks_[graph.order_[rank]] = static_cast<NodeIndex>(rank);
  }

  std::vector<NodeIndex> source_of(edges.targets.size());
  for (size_t node = 0; node < node_count; ++node) {
    std::fill(source_of.begin() + edges.offsets[node], source_of.begin() + edges.offsets[node + 1],
              static_cast<NodeIndex>(node));
  }
  Grouped incoming =
      GroupBy(node_count, edges.targets.size(), [&](size_t edge) { return edges.targets[edge]; });
  for (NodeIndex& item : incoming.items) item = source_of[item];
  graph.source_offsets_ = std::move(incoming.rows);
  graph.sources_ = std::move(incoming.items);
  graph.offsets_ = std::move(edges.offsets);
  graph.targets_ = std::move(edges.targets);
  return graph;
}

uint64_t OperationGraph::CountPaths() const {
  std::vector<uint64_t> counts(size());
  for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
    const auto successors = Successors(*node);
    uint64_t count = successors.empty() ? 1 : 0;
    for (const NodeIndex successor : successors) {
      const uint64_t room = std::numeric_limits<uint64_t>::max() - count;
      count += std::min(room, counts[successor]);
    }
    counts[*node] = count;
  }
  return counts[0];
}

std::vector<std::vector<NodeIndex>> OperationGraph::ListPaths(size_t limit) const {
  std::vector<std::vector<NodeIndex>> paths;
  std::vector<NodeIndex> path = {0};
  std::vector<size_t> next = {0};  // which successor of path[i] comes next
  // Every node leads to a sink, so no step is in vain.
  while (!path.empty() && paths.size() < limit) {
    const auto successors = Successors(path.back());
    if (successors.empty()) paths.emplace_back(path.begin() + 1, path.end());
    if (next.back() < successors.size()) {
      path.push_back(successors[next.back()++]);
      next.push_back(0);
    } else {
      path.pop_back();
      next.pop_back();
    }
  }
  return paths;
}

}  // namespace kubediag::graph
