#include "engine/diagnosis/visible_results.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace kubediag::diagnosis {
namespace {

using graph::NodeIndex;
using graph::OperationGraph;

OperationGraph Build(const std::vector<std::vector<int64_t>>& to) {
  std::vector<api::Node> list;
  for (size_t i = 0; i < to.size(); ++i) {
    api::Node node;
    node.id = static_cast<int64_t>(i);
    node.to = to[i];
    if (i > 0) node.operation = "a";
    list.push_back(std::move(node));
  }
  return OperationGraph::Build(list).value();
}

ResultMap Gives(const std::string& key, NodeIndex node) {
  auto entry = std::make_shared<ResultEntry>();
  entry->value = std::to_string(node);
  return {{key, entry}};
}

std::string Text(const ResultMap& results) {
  std::string text;
  for (const auto& [key, entry] : results) text += key + "=" + entry->value + " ";
  return text;
}

// What the class stands for, word by word.
std::string Expected(const OperationGraph& graph, NodeIndex node,
                     const std::vector<ResultMap>& own) {
  std::set<NodeIndex> ancestors;
  std::vector<NodeIndex> to_visit = {node};
  while (!to_visit.empty()) {
    const NodeIndex at = to_visit.back();
    to_visit.pop_back();
    for (const NodeIndex predecessor : graph.Predecessors(at)) {
      if (ancestors.insert(predecessor).second) to_visit.push_back(predecessor);
    }
  }
  ResultMap results;
  for (const NodeIndex ancestor : graph.TopologicalOrder()) {
    if (ancestors.contains(ancestor)) Overlay(results, own[ancestor]);
  }
  return Text(results);
}

TEST(VisibleResults, AreThoseOfTheAncestorsByRankInAnyGraph) {
  std::mt19937 random(20260731);
  for (int round = 0; round < 300; ++round) {
    const size_t size = 2 + random() % 12;
    std::vector<std::vector<int64_t>> to(size);
    for (size_t node = 1; node < size; ++node) {
      to[random() % node].push_back(static_cast<int64_t>(node));
      for (size_t before = 0; before < node; ++before) {
        if (random() % 4 == 0) to[before].push_back(static_cast<int64_t>(node));
      }
    }
    const OperationGraph graph = Build(to);
    VisibleResults visible(graph);
    std::vector<ResultMap> own(graph.size());
    std::vector<NodeIndex> ready = {0};
    std::vector<size_t> ended_before(graph.size());
    while (!ready.empty()) {  // independent ones in any order
      std::swap(ready[random() % ready.size()], ready.back());
      const NodeIndex node = ready.back();
      ready.pop_back();
      if (node != 0) {
        const bool starts = random() % 5 != 0;  // else: skipped, or a journal knew it
        if (starts) {
          EXPECT_EQ(Text(visible.Before(node)), Expected(graph, node, own));
        }
        if (random() % 3 != 0) own[node] = Gives(std::string(1, "abc"[random() % 3]), node);
        visible.End(node, own[node]);
      }
      for (const NodeIndex next : graph.Successors(node)) {
        if (++ended_before[next] == graph.Predecessors(next).size()) ready.push_back(next);
      }
    }
    EXPECT_EQ(visible.MapCount(), 0U) << "kept for nobody";
  }
}

// Two nodes a rung, each rung leading to both of the next.
std::vector<std::vector<int64_t>> Ladder(int64_t rungs) {
  std::vector<std::vector<int64_t>> to = {{1, 2}};
  for (int64_t rung = 1; rung <= rungs; ++rung) {
    for (int side = 0; side < 2; ++side) {
      to.emplace_back();
      if (rung < rungs) to.back() = {2 * rung + 1, 2 * rung + 2};
    }
  }
  return to;
}

TEST(VisibleResults, NodesThatSeeTheSameShareOneMap) {
  const OperationGraph graph = Build(Ladder(50'000));
  VisibleResults visible(graph);
  for (const NodeIndex node : graph.TopologicalOrder()) {
    if (node == 0) continue;
    const ResultMap before = visible.Before(node);
    ASSERT_EQ(before.size(), node > 2 ? 1U : 0U);
    visible.End(node, node == 1 ? Gives("a", 1) : ResultMap());
    ASSERT_LE(node % 1000 == 0 ? visible.MapCount() : 0, 1U);
  }
}

}  // namespace
}  // namespace kubediag::diagnosis
