#include "engine/graph/forward_edges.h"

#include <algorithm>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/topological_sort.hpp>
#include <iterator>
#include <utility>

namespace kubediag::graph {
namespace {

using BoostGraph =
    boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                       boost::no_property, NodeIndex, uint32_t>;
using Edge = boost::graph_traits<BoostGraph>::edge_descriptor;

BoostGraph MakeBoostGraph(const ForwardEdges& edges) {
  std::vector<std::pair<NodeIndex, NodeIndex>> pairs;
  pairs.reserve(edges.targets.size());
  for (size_t node = 0; node < edges.node_count(); ++node) {
    for (uint32_t i = edges.offsets[node]; i < edges.offsets[node + 1]; ++i) {
      pairs.emplace_back(static_cast<NodeIndex>(node), edges.targets[i]);
    }
  }
  return {boost::edges_are_sorted, pairs.begin(), pairs.end(),
          static_cast<NodeIndex>(edges.node_count())};
}

// Boost's depth-first search keeps its own stack, so the depth of a graph costs no stack of ours.
class CycleVisitor : public boost::default_dfs_visitor {
 public:
  CycleVisitor(size_t limit, std::vector<NodeIndex>& parents,
               std::vector<std::vector<NodeIndex>>& cycles)
      : limit_(limit), parents_(parents), in_cycle_(parents.size()), cycles_(cycles) {}

  // NOLINTBEGIN(readability-identifier-naming): names of the interface
  void tree_edge(Edge edge, const BoostGraph& graph) {
    parents_[target(edge, graph)] = source(edge, graph);
  }
  void back_edge(Edge edge, const BoostGraph& graph) {
    const NodeIndex last = source(edge, graph);
    const NodeIndex first = target(edge, graph);
    if (cycles_.size() >= limit_ || in_cycle_[first] || in_cycle_[last]) return;
    std::vector<NodeIndex> cycle;
    for (NodeIndex node = last; node != first; node = parents_[node]) cycle.push_back(node);
    cycle.push_back(first);
    std::reverse(cycle.begin(), cycle.end());
    for (const NodeIndex node : cycle) in_cycle_[node] = true;
    cycles_.push_back(std::move(cycle));
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  size_t limit_;
  std::vector<NodeIndex>& parents_;
  std::vector<bool> in_cycle_;
  std::vector<std::vector<NodeIndex>>& cycles_;
};

}  // namespace

std::vector<std::vector<NodeIndex>> FindCycles(const ForwardEdges& edges, size_t limit) {
  std::vector<std::vector<NodeIndex>> cycles;
  std::vector<NodeIndex> parents(edges.node_count());
  const BoostGraph graph = MakeBoostGraph(edges);
  boost::depth_first_search(graph, boost::visitor(CycleVisitor(limit, parents, cycles)));
  return cycles;
}

std::vector<bool> FindReachable(const ForwardEdges& edges) {
  const BoostGraph graph = MakeBoostGraph(edges);
  std::vector<boost::default_color_type> colors(edges.node_count());
  boost::breadth_first_search(
      graph, NodeIndex{0},
      boost::color_map(boost::make_iterator_property_map(
          colors.begin(), boost::get(boost::vertex_index, graph), colors[0])));
  std::vector<bool> reachable(edges.node_count());
  for (size_t node = 0; node < reachable.size(); ++node) {
    reachable[node] = colors[node] != boost::white_color;
  }
  return reachable;
}

std::vector<NodeIndex> SortTopologically(const ForwardEdges& edges) {
  std::vector<NodeIndex> order;
  order.reserve(edges.node_count());
  const BoostGraph graph = MakeBoostGraph(edges);
  boost::topological_sort(graph, std::back_inserter(order));
  std::reverse(order.begin(), order.end());  // Boost gives the last node first
  return order;
}

}  // namespace kubediag::graph
