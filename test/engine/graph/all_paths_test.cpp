#include "engine/graph/all_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "test/engine/graph/adjacency_list.h"

namespace kubediag::graph {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AllPathsScheduleTest : public testing::Test {
 protected:
  void Use(std::vector<api::Node> list) {
    graph_ = std::make_unique<OperationGraph>(*OperationGraph::Build(list));
    schedule_ = std::make_unique<AllPathsSchedule>(*graph_);
  }
  void FinishAll(const std::vector<NodeIndex>& nodes, bool succeeded) {
    for (const NodeIndex node : nodes) schedule_->Finish(node, succeeded);
  }

  std::unique_ptr<OperationGraph> graph_;
  std::unique_ptr<AllPathsSchedule> schedule_;
};

TEST_F(AllPathsScheduleTest, IndependentNodesAreReadyTogether) {
  Use(AdjacencyList({{3, 1, 2}, {}, {}, {}}));
  EXPECT_THAT(schedule_->TakeReady(), ElementsAre(1, 2, 3));
  EXPECT_THAT(schedule_->TakeReady(), IsEmpty());
  EXPECT_EQ(schedule_->state(1), NodeState::kRunning);
}

TEST_F(AllPathsScheduleTest, ANodeWaitsForAllItsPredecessors) {
  Use(AdjacencyList({{1, 2}, {3}, {3}, {}}));
  schedule_->TakeReady();
  schedule_->Finish(1, true);
  EXPECT_THAT(schedule_->TakeReady(), IsEmpty());
  schedule_->Finish(2, false);
  EXPECT_THAT(schedule_->TakeReady(), ElementsAre(3));
}

TEST_F(AllPathsScheduleTest, ANodeIsSkippedIfNoPredecessorSucceededAndSoAreThoseBehindIt) {
  Use(AdjacencyList({{1}, {2}, {3}, {}}));
  schedule_->TakeReady();
  schedule_->Finish(1, false);
  EXPECT_EQ(schedule_->state(2), NodeState::kSkipped);
  EXPECT_EQ(schedule_->state(3), NodeState::kSkipped);
  EXPECT_TRUE(schedule_->Done());
  EXPECT_FALSE(schedule_->Succeeded());
  EXPECT_THAT(schedule_->SucceededPath(), IsEmpty());
}

TEST_F(AllPathsScheduleTest, OnePathThatSucceededIsEnough) {
  Use(AdjacencyList({{1, 2}, {3}, {4}, {}, {}}));
  FinishAll(schedule_->TakeReady(), true);
  EXPECT_FALSE(schedule_->Succeeded()) << "not done yet";
  schedule_->TakeReady();
  schedule_->Finish(3, false);
  schedule_->Finish(4, true);
  EXPECT_TRUE(schedule_->Succeeded());
  EXPECT_THAT(schedule_->SucceededPath(), ElementsAre(2, 4));
}

TEST_F(AllPathsScheduleTest, OperationsWithoutAPathToASinkAreNoSuccess) {
  Use(AdjacencyList({{1, 2}, {3}, {3}, {}}));
  FinishAll(schedule_->TakeReady(), true);
  FinishAll(schedule_->TakeReady(), false);
  EXPECT_TRUE(schedule_->Done());
  EXPECT_FALSE(schedule_->Succeeded());
}

TEST_F(AllPathsScheduleTest, EachSkippedNodeIsToldOnceAndAfterItsPredecessors) {
  Use(AdjacencyList({{4, 5}, {}, {1}, {2}, {3}, {6}, {}}));
  schedule_->TakeReady();
  EXPECT_THAT(schedule_->TakeSkipped(), IsEmpty());
  schedule_->Finish(4, false);
  EXPECT_THAT(schedule_->TakeSkipped(), ElementsAre(3, 2, 1));
  EXPECT_THAT(schedule_->TakeSkipped(), IsEmpty());
  schedule_->Finish(5, false);
  EXPECT_THAT(schedule_->TakeSkipped(), ElementsAre(6));
}

TEST_F(AllPathsScheduleTest, FinishingANodeThatDoesNotRunChangesNothing) {
  Use(AdjacencyList({{1}, {2}, {}}));
  schedule_->Finish(2, true);
  EXPECT_EQ(schedule_->state(2), NodeState::kWaiting);
  schedule_->TakeReady();
  schedule_->Finish(1, true);
  schedule_->Finish(1, false);
  EXPECT_EQ(schedule_->state(1), NodeState::kSucceeded);
}

TEST_F(AllPathsScheduleTest, AChainOfAHundredThousandIsSkippedWithoutRecursion) {
  Use(Chain(100'000));
  schedule_->TakeReady();
  schedule_->Finish(1, false);
  EXPECT_TRUE(schedule_->Done());
}

TEST_F(AllPathsScheduleTest, ALadderRunsEachNodeOnce) {
  Use(Ladder(40));
  size_t runs = 0;
  while (!schedule_->Done()) {
    const auto ready = schedule_->TakeReady();
    ASSERT_FALSE(ready.empty());
    runs += ready.size();
    FinishAll(ready, true);
  }
  EXPECT_EQ(runs, 120U);
  EXPECT_TRUE(schedule_->Succeeded());
  EXPECT_EQ(schedule_->SucceededPath().size(), 80U);
}

// What ends how does not depend on the order in which running nodes finish.
TEST_F(AllPathsScheduleTest, TheOutcomeDoesNotDependOnTiming) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<int64_t>> to(8);
    for (int64_t node = 1; node < 8; ++node) {
      to[random() % static_cast<uint64_t>(node)].push_back(node);
      if (random() % 2 == 0) to[random() % static_cast<uint64_t>(node)].push_back(node);
    }
    std::vector<bool> succeeds(8);
    for (size_t node = 0; node < 8; ++node) succeeds[node] = random() % 3 != 0;
    std::set<std::vector<NodeState>> outcomes;
    std::set<std::vector<NodeIndex>> paths;
    for (int order = 0; order < 5; ++order) {
      Use(AdjacencyList(to));
      std::vector<NodeIndex> running;
      while (!schedule_->Done()) {
        for (const NodeIndex node : schedule_->TakeReady()) running.push_back(node);
        ASSERT_FALSE(running.empty());
        std::shuffle(running.begin(), running.end(), random);
        schedule_->Finish(running.back(), succeeds[running.back()]);
        running.pop_back();
      }
      std::vector<NodeState> states;
      for (NodeIndex node = 0; node < 8; ++node) states.push_back(schedule_->state(node));
      outcomes.insert(states);
      paths.insert(schedule_->SucceededPath());
    }
    EXPECT_EQ(outcomes.size(), 1U);
    EXPECT_EQ(paths.size(), 1U);
  }
}

}  // namespace
}  // namespace kubediag::graph
