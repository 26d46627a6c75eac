#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr api::Strategy kAll = api::Strategy::kAllPaths;

Body Gives(const std::map<std::string, std::string>& results) {
  return [results](const operation::Job&, const std::stop_token&) { return Succeed(results); };
}
Body Fails() {
  return
      [](const operation::Job&, const std::stop_token&) { return FailWith("Broken", "it broke"); };
}

TEST_F(ExecutorTest, AllPathsRunsIndependentOperationsAtTheSameTime) {
  std::latch both(2);
  const Body meet = [&both](const operation::Job&, const std::stop_token&) {
    both.arrive_and_wait();  // hangs unless both run at once
    return Succeed();
  };
  Add("a", meet);
  Add("b", meet);
  AddSet({{1, 2}, {}, {}}, {"a", "b"}, kAll);
  AddDiagnosis();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
}

TEST_F(ExecutorTest, AllPathsRunsNoMoreAtOnceThanTheNodeAllows) {
  options.limits.concurrent_operations = 2;
  Add("a", Gives({}));
  std::vector<std::vector<int64_t>> to = {{}};
  for (int64_t node = 1; node <= 12; ++node) {
    to[0].push_back(node);
    to.emplace_back();
  }
  AddSet(to, std::vector<std::string>(12, "a"), kAll);
  AddDiagnosis();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("a"), 12U);
  EXPECT_LE(runner.MostAtOnce(), 2U);
}

TEST_F(ExecutorTest, AllPathsShowsANodeItsAncestorsOnlyAndMergesByRank) {
  std::latch late_first(1);
  Add("late", [&late_first](const operation::Job&, const std::stop_token&) {
    late_first.wait();
    return Succeed({{"who", "late"}, {"left", "1"}});
  });
  Add("early", [&late_first](const operation::Job&, const std::stop_token&) {
    late_first.count_down();
    return Succeed({{"who", "early"}, {"right", "1"}});
  });
  Add("below", [](const operation::Job& job, const std::stop_token&) {
    EXPECT_TRUE(job.parameters.contains("left"));
    EXPECT_FALSE(job.parameters.contains("right"));
    return Succeed();
  });
  AddSet({{1, 2}, {3}, {}, {}}, {"late", "early", "below"}, kAll);
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.operation_results.at("who"), "early");  // of the later rank, not time
  EXPECT_EQ(runner.Runs("below"), 1U);
}

TEST_F(ExecutorTest, AllPathsSkipsWhatNoSucceededOperationLeadsTo) {
  Add("bad", Fails());
  Add("good", Gives({}));
  AddSet({{1, 2}, {3}, {}, {}}, {"bad", "good", "after"}, kAll);
  Add("after", Gives({}));
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_THAT(Outcomes(done.status), ElementsAre("1 bad Failed Broken", "2 good Succeeded",
                                                 "3 after Skipped PredecessorsFailed"));
  EXPECT_THAT(Positions(done.status.failed_paths), ElementsAre("1 3"));
  EXPECT_EQ(Positions(done.status.succeeded_path), "2");
  EXPECT_EQ(runner.Runs("after"), 0U);
}

TEST_F(ExecutorTest, AllPathsFailsIfNoPathSucceededThroughout) {
  Add("good", Gives({}));
  Add("bad", Fails());
  AddSet({{1, 2}, {3}, {3}, {}}, {"good", "bad", "sink"}, kAll);
  Add("sink", Fails());
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_EQ(runner.Runs("sink"), 1U);
  EXPECT_THAT(done.status.succeeded_path, IsEmpty());
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "Broken");
}

TEST_F(ExecutorTest, AllPathsEndsAllThatRunWhenCancelled) {
  std::latch both(2);
  const Body hang = [&both](const operation::Job& job, const std::stop_token& stop) {
    both.count_down();
    return Hang(job, stop);
  };
  Add("a", hang);
  Add("b", hang);
  AddSet({{1, 2}, {}, {}}, {"a", "b"}, kAll);
  AddDiagnosis();
  std::jthread user([this, &both] {
    both.wait();
    cancellation->Request(CancelCause::kCancelled);
  });
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "Cancelled");
  EXPECT_THAT(Outcomes(done.status), ElementsAre("1 a Failed Cancelled", "2 b Failed Cancelled"));
  EXPECT_EQ(runner.Live(), 0U);
}

TEST_F(ExecutorTest, AllPathsIsCancelledThoughAnOperationFailedByItselfBefore) {
  std::latch running(1);
  Add("broken", [](const operation::Job&, const std::stop_token&) {
    return FailWith("Broken", "it is broken");
  });
  Add("slow", [&running](const operation::Job& job, const std::stop_token& stop) {
    running.count_down();
    return Hang(job, stop);
  });
  AddSet({{1, 2}, {}, {}}, {"broken", "slow"}, kAll);
  AddDiagnosis();
  std::jthread user([this, &running] {
    running.wait();
    cancellation->Request(CancelCause::kCancelled);
  });
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "Cancelled");
}

TEST_F(ExecutorTest, AllPathsGoesOnFromItsJournal) {
  std::atomic<bool> shutdown = true;
  Add("a", Gives({{"a", "1"}}));
  Add(
      "b",
      [&](const operation::Job& job, const std::stop_token& stop) {
        if (!shutdown) return Succeed({{"b", "1"}});
        cancellation->Request(CancelCause::kShutdown);
        return Hang(job, stop);
      },
      true);
  AddSet({{1}, {2}, {}}, {"a", "b"}, kAll);
  AddDiagnosis();
  EXPECT_EQ(TryRun().status().code(), StatusCode::kCancelled);
  EXPECT_EQ(Stored().status.phase, api::Phase::kRunning);
  Restart();
  shutdown = false;
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("a"), 1U);
  EXPECT_EQ(runner.Runs("b"), 2U);
  EXPECT_EQ(done.status.operation_results.size(), 2U);
  EXPECT_EQ(done.status.operations[1].attempts, 2);
}

}  // namespace
}  // namespace kubediag::diagnosis
