#include "engine/graph/path_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "engine/core/limits.h"
#include "test/engine/graph/adjacency_list.h"
#include "test/engine/graph/walk_model.h"

namespace kubediag::graph {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

OperationGraph MustBuild(const std::vector<api::Node>& list) {
  return *OperationGraph::Build(list);
}

TEST(FirstPathWalk, SucceedsAlongTheFirstPathOfAllSuccesses) {
  const auto graph = MustBuild(AdjacencyList({{1, 2}, {3}, {3}, {}}));
  const Walked walked = Walk(graph, AllRepeatable(graph), {});
  EXPECT_EQ(walked.verdict, WalkVerdict::kSucceeded);
  EXPECT_THAT(walked.runs, ElementsAre(1, 3));
  EXPECT_THAT(walked.path, ElementsAre(1, 3));
  EXPECT_THAT(walked.failed_paths, IsEmpty());
}

TEST(FirstPathWalk, FollowsListOrderNotPositions) {
  const auto graph = MustBuild(AdjacencyList({{2, 1}, {}, {}}));
  EXPECT_THAT(Walk(graph, NoneRepeatable(graph), {}).runs, ElementsAre(2));
}

TEST(FirstPathWalk, GivesTheDiagnoserASecondChanceWithTheOtherCollectorsResults) {
  const auto graph = MustBuild(AdjacencyList({{1, 2}, {3}, {3}, {}}));
  Operations operations;
  operations[1] = {.adds = {"a"}};
  operations[2] = {.adds = {"b"}};
  operations[3] = {.needs = {"b"}};
  const Walked walked = Walk(graph, AllRepeatable(graph), operations);
  EXPECT_EQ(walked.verdict, WalkVerdict::kSucceeded);
  EXPECT_THAT(walked.runs, ElementsAre(1, 3, 2, 3));
  EXPECT_THAT(walked.path, ElementsAre(2, 3));
  EXPECT_THAT(walked.failed_paths, ElementsAre(ElementsAre(1, 3)));
}

TEST(FirstPathWalk, ANonRepeatableOperationKeepsItsOutcome) {
  const auto graph = MustBuild(AdjacencyList({{1, 2}, {3}, {3}, {}}));
  Operations operations;
  operations[2] = {.adds = {"b"}};
  operations[3] = {.needs = {"b"}};
  const Walked walked = Walk(graph, NoneRepeatable(graph), operations);
  EXPECT_EQ(walked.verdict, WalkVerdict::kFailed);
  EXPECT_THAT(walked.runs, ElementsAre(1, 3, 2));
}

TEST(FirstPathWalk, AnUnchangedMapBringsNoSecondRun) {
  const auto graph = MustBuild(AdjacencyList({{1, 2}, {3}, {3}, {}}));
  Operations operations;
  operations[3] = {.needs = {"b"}};
  const Walked walked = Walk(graph, AllRepeatable(graph), operations);
  EXPECT_EQ(walked.verdict, WalkVerdict::kFailed);
  EXPECT_THAT(walked.runs, ElementsAre(1, 3, 2));
}

TEST(FirstPathWalk, ASharedPrefixIsNotRunAgain) {
  const auto graph = MustBuild(AdjacencyList({{1}, {2, 3}, {}, {}}));
  Operations operations;
  operations[1] = {.adds = {"a"}};
  operations[2] = {.needs = {"never"}};
  const Walked walked = Walk(graph, AllRepeatable(graph), operations);
  EXPECT_THAT(walked.runs, ElementsAre(1, 2, 3));
  EXPECT_THAT(walked.path, ElementsAre(1, 3));
}

TEST(FirstPathWalk, AFailedPathIsListedWhole) {
  const auto graph = MustBuild(AdjacencyList({{1, 4}, {2}, {3}, {}, {}}));
  Operations operations;
  operations[1] = {.needs = {"never"}};
  const Walked walked = Walk(graph, NoneRepeatable(graph), operations);
  EXPECT_THAT(walked.failed_paths, ElementsAre(ElementsAre(1, 2, 3)));
  EXPECT_THAT(walked.runs, ElementsAre(1, 4));
}

TEST(FirstPathWalk, ListsSomeFailedPathsAndCountsAll) {
  std::vector<std::vector<int64_t>> to(kMaxListedPaths + 11);
  Operations operations;
  for (size_t node = 1; node < to.size(); ++node) {
    to[0].push_back(static_cast<int64_t>(node));
    operations[static_cast<NodeIndex>(node)] = {.needs = {"never"}};
  }
  const auto graph = MustBuild(AdjacencyList(to));
  const Walked walked = Walk(graph, NoneRepeatable(graph), operations);
  EXPECT_THAT(walked.failed_paths, SizeIs(kMaxListedPaths));
  EXPECT_EQ(walked.failed_path_count, kMaxListedPaths + 10);
}

TEST(FirstPathWalk, TheCurrentPathEndsWithTheRunningNode) {
  const auto graph = MustBuild(AdjacencyList({{1}, {2}, {}}));
  FirstPathWalk walk(graph, NoneRepeatable(graph));
  walk.Next("");
  EXPECT_THAT(walk.CurrentPath(), ElementsAre(1));
  walk.Finish(true);
  walk.Next("");
  EXPECT_THAT(walk.CurrentPath(), ElementsAre(1, 2));
  EXPECT_EQ(walk.verdict(), WalkVerdict::kUndecided);
}

class LadderWalk : public testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  // Which nodes may run again: none, all, or every third.
  std::vector<bool> Repeatable(const OperationGraph& graph) const {
    std::vector<bool> repeatable(graph.size());
    for (size_t i = 0; i < repeatable.size(); ++i) {
      repeatable[i] = std::get<0>(GetParam()) == 1 || (std::get<0>(GetParam()) == 2 && i % 3 == 0);
    }
    return repeatable;
  }
  bool AddsResults() const { return std::get<1>(GetParam()); }
};

TEST_P(LadderWalk, WithTheLastSinkFailingEndsWithinItsRuns) {
  const auto graph = MustBuild(Ladder(40));
  Operations operations;
  for (NodeIndex node = 1; node < graph.size() && AddsResults(); ++node) {
    operations[node] = {.adds = {"key-" + std::to_string(node)}};
  }
  operations[graph.size() - 1] = {.needs = {"never"}};
  const Walked walked = Walk(graph, Repeatable(graph), operations);
  EXPECT_NE(walked.verdict, WalkVerdict::kSucceeded);
  EXPECT_LE(walked.runs.size(), graph.size() + graph.edge_count());
  const bool reruns = AddsResults() && std::get<0>(GetParam()) != 0;
  if (!reruns) {
    EXPECT_EQ(walked.verdict, WalkVerdict::kFailed);
    EXPECT_EQ(walked.runs.size(), graph.size() - 1);
  } else {
    EXPECT_EQ(walked.verdict, WalkVerdict::kRunLimit);
    EXPECT_EQ(walked.runs.size(), graph.size() + graph.edge_count());
  }
}

TEST_P(LadderWalk, OfManyNodesTakesNoLongerThanItsNodes) {
  const auto graph = MustBuild(Ladder(33'333));
  FirstPathWalk walk(graph, Repeatable(graph));
  size_t results = 0;
  while (const auto node = walk.Next(std::to_string(results))) {
    const bool fails = graph.Successors(*node).empty();
    if (AddsResults()) ++results;
    walk.Finish(!fails);
  }
  EXPECT_NE(walk.verdict(), WalkVerdict::kSucceeded);
  EXPECT_LE(walk.RunCount(), graph.size() + graph.edge_count());
}

INSTANTIATE_TEST_SUITE_P(Kinds, LadderWalk,
                         testing::Combine(testing::Values(0, 1, 2), testing::Bool()));

TEST(FirstPathWalk, AChainOfAHundredThousandCostsNoStack) {
  const auto graph = MustBuild(Chain(100'000));
  FirstPathWalk walk(graph, AllRepeatable(graph));
  while (walk.Next("")) walk.Finish(true);
  EXPECT_EQ(walk.verdict(), WalkVerdict::kSucceeded);
  EXPECT_EQ(walk.CurrentPath().size(), 99'999U);
}

TEST(FirstPathWalk, EndsAtTheRunLimitAndStaysThere) {
  const auto graph = MustBuild(Ladder(5));
  FirstPathWalk walk(graph, AllRepeatable(graph));
  size_t runs = 0;
  // Each run changes the map, so that everything below is run again.
  while (const auto node = walk.Next(std::to_string(runs))) {
    ++runs;
    walk.Finish(!graph.Successors(*node).empty());
  }
  EXPECT_EQ(walk.verdict(), WalkVerdict::kRunLimit);
  EXPECT_EQ(runs, graph.size() + graph.edge_count());
  EXPECT_EQ(walk.Next("another"), std::nullopt);
  EXPECT_EQ(walk.verdict(), WalkVerdict::kRunLimit);
}

TEST(FirstPathWalk, AWalkWithinItsLimitFailsAsUsual) {
  const auto graph = MustBuild(AdjacencyList({{1, 2}, {3}, {3}, {4, 5, 6}, {}, {}, {}}));
  FirstPathWalk walk(graph, AllRepeatable(graph));
  size_t runs = 0;
  while (const auto node = walk.Next(std::to_string(runs))) {
    ++runs;
    walk.Finish(*node < 4);
  }
  EXPECT_EQ(walk.verdict(), WalkVerdict::kFailed);
  EXPECT_EQ(runs, 10U);
}

TEST(FirstPathWalk, ReplayBringsItToWhereItWas) {
  const auto graph = MustBuild(AdjacencyList({{1, 2}, {3}, {3}, {}}));
  FirstPathWalk walk(graph, AllRepeatable(graph));
  walk.Replay(1, "0", true);
  walk.Replay(3, "1", false);
  EXPECT_EQ(walk.RunCount(), 2U);
  EXPECT_THAT(walk.FailedPaths(), ElementsAre(ElementsAre(1, 3)));
  EXPECT_EQ(walk.Next("1"), 2U);
  walk.Finish(true);
  EXPECT_EQ(walk.Next("2"), 3U);
}

TEST(FirstPathWalk, ReplayOfASuccessDecides) {
  const auto graph = MustBuild(AdjacencyList({{1}, {}}));
  FirstPathWalk walk(graph, NoneRepeatable(graph));
  walk.Replay(1, "", true);
  EXPECT_EQ(walk.verdict(), WalkVerdict::kSucceeded);
  EXPECT_EQ(walk.Next(""), std::nullopt);
  EXPECT_THAT(walk.CurrentPath(), ElementsAre(1));
}

TEST(FirstPathWalk, ReplayOfAnotherNodeKeepsItsOutcomeWithoutLosingTheWay) {
  const auto graph = MustBuild(AdjacencyList({{1, 2}, {}, {}}));
  FirstPathWalk walk(graph, NoneRepeatable(graph));
  walk.Replay(2, "", true);
  EXPECT_EQ(walk.Next(""), 1U);
  walk.Finish(false);
  EXPECT_EQ(walk.Next(""), std::nullopt);
}

}  // namespace
}  // namespace kubediag::graph
