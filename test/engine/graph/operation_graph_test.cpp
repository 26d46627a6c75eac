#include "engine/graph/operation_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "engine/core/limits.h"
#include "test/engine/graph/adjacency_list.h"

namespace kubediag::graph {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> Texts(const std::vector<Violation>& violations) {
  std::vector<std::string> texts;
  for (const Violation& violation : violations) {
    const bool is_error = violation.severity == Violation::Severity::kError;
    texts.push_back((is_error ? "" : "warning: ") + violation.field + ": " + violation.message);
  }
  return texts;
}

std::vector<std::string> Check(std::vector<std::vector<int64_t>> to) {
  return Texts(CheckAdjacencyList(AdjacencyList(std::move(to))));
}

OperationGraph MustBuild(const std::vector<api::Node>& list) {
  auto graph = OperationGraph::Build(list);
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  return *std::move(graph);
}

TEST(CheckAdjacencyList, AcceptsTheTutorialsSet) { EXPECT_THAT(Check({{1}, {}}), IsEmpty()); }

TEST(CheckAdjacencyList, DemandsTwoNodes) {
  EXPECT_THAT(Check({}), ElementsAre("adjacencyList: has no node; at least 2 are needed: the start "
                                     "and an operation"));
  EXPECT_THAT(Check({{}}), SizeIs(1));
}

TEST(CheckAdjacencyList, NamesATargetOutOfRange) {
  EXPECT_THAT(Check({{1, -1}, {2}, {}, {9}, {}}),
              Contains("adjacencyList[3].to[0]: 9 is not a position (the list has 5)"));
  EXPECT_THAT(Check({{1, -1}, {2}, {}}),
              ElementsAre("adjacencyList[0].to[1]: -1 is not a position (the list has 3)"));
}

TEST(CheckAdjacencyList, TheListsSizeIsTheFirstTargetOutOfRange) {
  EXPECT_THAT(Check({{1}, {}}), IsEmpty());
  EXPECT_THAT(Check({{1, 2}, {}}),
              ElementsAre("adjacencyList[0].to[1]: 2 is not a position (the list has 2)"));
}

TEST(CheckAdjacencyList, NamesASelfEdge) {
  EXPECT_THAT(Check({{1}, {1}}),
              ElementsAre("adjacencyList[1].to[0]: a node cannot lead to itself"));
}

TEST(CheckAdjacencyList, NamesAnEdgeToTheStart) {
  EXPECT_THAT(Check({{1}, {0}}),
              ElementsAre("adjacencyList[1].to[0]: nothing may lead to the start (position 0)"));
}

TEST(CheckAdjacencyList, NamesThePositionsOfACycle) {
  EXPECT_THAT(Check({{1}, {2}, {1}}), ElementsAre("adjacencyList[2]: cycle: 1 -> 2 -> 1"));
  EXPECT_THAT(Check({{2}, {7}, {4}, {}, {7}, {}, {}, {2, 1}}),
              Contains("adjacencyList[7]: cycle: 2 -> 4 -> 7 -> 2"));
}

TEST(CheckAdjacencyList, NamesEachOfSeveralCycles) {
  EXPECT_THAT(
      Check({{1, 3}, {2}, {1}, {4}, {3}}),
      ElementsAre("adjacencyList[2]: cycle: 1 -> 2 -> 1", "adjacencyList[4]: cycle: 3 -> 4 -> 3"));
}

TEST(CheckAdjacencyList, NamesUnreachableNodesAndADetachedCycle) {
  EXPECT_THAT(Check({{1}, {}, {3}, {2}}),
              ElementsAre("adjacencyList[2]: no path leads here from the start (position 0)",
                          "adjacencyList[3]: cycle: 2 -> 3 -> 2",
                          "adjacencyList[3]: no path leads here from the start (position 0)"));
}

TEST(CheckAdjacencyList, WantsAnOperationEverywhereButAtTheStart) {
  auto list = AdjacencyList({{1}, {}});
  list[0].operation = "hello";
  list[1].operation = "";
  EXPECT_THAT(Texts(CheckAdjacencyList(list)),
              ElementsAre(HasSubstr("adjacencyList[0].operation: the start (position 0) runs no"),
                          "adjacencyList[1]: names no operation"));
}

TEST(CheckAdjacencyList, WarnsAboutIdsThatAreNotThePosition) {
  auto list = AdjacencyList({{1}, {2}, {}});
  list[0].id.reset();
  list[1].id.reset();
  list[2].id = 7;
  EXPECT_THAT(Texts(CheckAdjacencyList(list)),
              ElementsAre("warning: adjacencyList[1]: has no id; its position, 1, counts",
                          "warning: adjacencyList[2].id: 7 stands at position 2; the position "
                          "counts"));
}

TEST(CheckAdjacencyList, WarnsAboutADuplicateEdge) {
  EXPECT_THAT(Check({{1, 1}, {}}),
              ElementsAre("warning: adjacencyList[0].to[1]: 1 stands there twice"));
}

TEST(CheckAdjacencyList, ReportsEverythingAtOnceInListOrder) {
  EXPECT_THAT(Check({{1, 5}, {1}, {0}}), SizeIs(4));
}

TEST(CheckAdjacencyList, BoundsWhatItReportsButStillSaysThatThereAreErrors) {
  std::vector<std::vector<int64_t>> to(5000, {-1});
  const auto violations = CheckAdjacencyList(AdjacencyList(to));
  EXPECT_LE(violations.size(), kMaxManifestDiagnostics + 1);
  EXPECT_THAT(violations.back().message, HasSubstr("more"));
  EXPECT_EQ(violations.back().severity, Violation::Severity::kError);
}

TEST(CheckAdjacencyList, ShortensALongCycle) {
  std::vector<std::vector<int64_t>> to(100'000);
  for (size_t i = 0; i < to.size(); ++i) to[i] = {static_cast<int64_t>(i + 1)};
  to.back() = {1};
  const auto violations = CheckAdjacencyList(AdjacencyList(to));
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_LT(violations[0].message.size(), 400U);
  EXPECT_THAT(violations[0].message, HasSubstr("… -> 99999 -> 1 (99999 nodes)"));
}

TEST(OperationGraph, RefusesWithEveryErrorAndItsField) {
  const auto graph = OperationGraph::Build(AdjacencyList({{1, 9}, {2}, {1}}));
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(graph.status().message(),
            "adjacencyList[0].to[1]: 9 is not a position (the list has 3); "
            "adjacencyList[2]: cycle: 1 -> 2 -> 1");
}

TEST(OperationGraph, WarningsDoNotKeepItFromBeingBuilt) {
  const auto graph = MustBuild(AdjacencyList({{1, 1}, {}}));
  EXPECT_EQ(graph.edge_count(), 1U);
}

TEST(OperationGraph, KeepsSuccessorsInListOrderAndPredecessorsAscending) {
  const auto graph = MustBuild(AdjacencyList({{3, 1, 2}, {4}, {4}, {4, 1}, {}}));
  EXPECT_THAT(graph.Successors(0), ElementsAre(3, 1, 2));
  EXPECT_THAT(graph.Predecessors(4), ElementsAre(1, 2, 3));
  EXPECT_THAT(graph.Predecessors(0), IsEmpty());
}

TEST(OperationGraph, SortsByDistanceAndThenPosition) {
  const auto graph = MustBuild(AdjacencyList({{3, 1, 2}, {4}, {4}, {1}, {}}));
  EXPECT_THAT(graph.TopologicalOrder(), ElementsAre(0, 2, 3, 1, 4));
  EXPECT_EQ(graph.Rank(1), 3U);
}

TEST(OperationGraph, CountsPathsWithoutEnumeratingThem) {
  EXPECT_EQ(MustBuild(Ladder(1)).CountPaths(), 2U);
  EXPECT_EQ(MustBuild(Ladder(40)).CountPaths(), uint64_t{1} << 40);
  EXPECT_EQ(MustBuild(Ladder(63)).CountPaths(), uint64_t{1} << 63);
}

TEST(OperationGraph, CountingPathsSaturates) {
  EXPECT_EQ(MustBuild(Ladder(64)).CountPaths(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(MustBuild(Ladder(1000)).CountPaths(), std::numeric_limits<uint64_t>::max());
}

TEST(OperationGraph, ListsTheFirstPathsDepthFirst) {
  const auto graph = MustBuild(AdjacencyList({{2, 1}, {3}, {3, 1}, {}}));
  EXPECT_THAT(graph.ListPaths(64),
              ElementsAre(ElementsAre(2, 3), ElementsAre(2, 1, 3), ElementsAre(1, 3)));
  EXPECT_THAT(graph.ListPaths(1), ElementsAre(ElementsAre(2, 3)));
  EXPECT_THAT(MustBuild(Ladder(40)).ListPaths(kMaxListedPaths), SizeIs(kMaxListedPaths));
}

TEST(OperationGraph, AHundredThousandNodesInARowCostNoStack) {
  const auto graph = MustBuild(Chain(100'000));
  EXPECT_EQ(graph.size(), 100'000U);
  EXPECT_EQ(graph.TopologicalOrder().back(), 99'999U);
  EXPECT_EQ(graph.CountPaths(), 1U);
  EXPECT_EQ(graph.ListPaths(64).front().size(), 99'999U);
}

TEST(OperationGraph, ACycleThroughAHundredThousandNodesIsFound) {
  auto list = Chain(100'000);
  list.back().to = {50'000};
  EXPECT_FALSE(OperationGraph::Build(list).ok());
}

}  // namespace
}  // namespace kubediag::graph
