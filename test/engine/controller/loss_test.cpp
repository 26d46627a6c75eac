#include "engine/controller/loss.h"

#include <gtest/gtest.h>

#include "engine/api/conditions.h"
#include "engine/controller/silence_table.h"
#include "engine/core/limits.h"

namespace kubediag::controller {
namespace {

using std::chrono::seconds;

constexpr api::Time kNow{seconds(1'800'000'000)};

api::Diagnosis OnNode(api::Phase phase) {
  api::Diagnosis diagnosis;
  diagnosis.spec.node_name = "node-1";
  diagnosis.status.phase = phase;
  return diagnosis;
}

TEST(IsInAgentsHands, FromItsNodeToItsEnd) {
  for (const auto phase : {api::Phase::kNone, api::Phase::kPending, api::Phase::kRunning}) {
    EXPECT_TRUE(IsInAgentsHands(OnNode(phase)));
  }
  for (const auto phase : {api::Phase::kSucceeded, api::Phase::kFailed, api::Phase::kUnknown}) {
    EXPECT_FALSE(IsInAgentsHands(OnNode(phase)));
  }
  api::Diagnosis diagnosis = OnNode(api::Phase::kPending);
  diagnosis.spec.node_name.clear();
  EXPECT_FALSE(IsInAgentsHands(diagnosis));
  diagnosis = OnNode(api::Phase::kRunning);
  diagnosis.metadata.deletion_timestamp = kNow;
  EXPECT_FALSE(IsInAgentsHands(diagnosis));
}

TEST(IsInAgentsHands, SuspendedOneWaitsForPeopleUnlessItRuns) {
  api::Diagnosis diagnosis = OnNode(api::Phase::kPending);
  diagnosis.spec.suspend = true;
  EXPECT_FALSE(IsInAgentsHands(diagnosis));
  diagnosis.status.phase = api::Phase::kRunning;
  EXPECT_TRUE(IsInAgentsHands(diagnosis));
}

struct Case {
  NodeState node;
  seconds unchanged;
  const char* message;  // empty: not lost
};

TEST(LossOf, DependsOnSilenceAndTheNode) {
  const Case cases[] = {
      {NodeState::kPresent, seconds(299), ""},
      {NodeState::kPresent, kSilenceTimeout, "the agent of node node-1 was not heard of for 300 s"},
      {NodeState::kUnknown, seconds(299), ""},
      {NodeState::kUnknown, kSilenceTimeout, "the agent of node node-1 was not heard of for 300 s"},
      {NodeState::kGone, seconds(9), ""},
      {NodeState::kGone, kNodeAskedAfter, "node node-1 is gone"},
      {NodeState::kAbsent, seconds(74), ""},
      {NodeState::kAbsent, kNoNodeTimeout,
       "there is no node node-1, nor was an agent of it heard of for 75 s"},
  };
  for (const Case& each : cases) {
    const auto loss = LossOf(OnNode(api::Phase::kRunning), each.unchanged, each.node);
    EXPECT_EQ(loss ? loss->message() : "", each.message)
        << static_cast<int>(each.node) << " " << each.unchanged.count();
    EXPECT_EQ(loss ? loss->reason() : "NodeLost", "NodeLost");
  }
}

TEST(LossOf, AgentThatOnlyBeatsItsHeartIsNeverLost) {
  // Two beats apart, and as long again for the writes.
  EXPECT_LT(kHeartbeatInterval, kNoNodeTimeout);
  EXPECT_LT(2 * kHeartbeatInterval + kContactTimeout, kSilenceTimeout);
}

TEST(SetLost, EndsWhatRanAndWhatWaited) {
  api::DiagnosisStatus status;
  status.operations.resize(2);
  status.operations[0].phase = "Succeeded";
  status.operations[1].phase = "Running";
  api::Condition queued;
  queued.type = api::kConditionQueued;
  queued.status = api::kConditionTrue;
  api::SetCondition(status.conditions, queued, kNow);
  SetLost(status, Status(StatusCode::kUnavailable, "NodeLost", "node n is gone"), kNow);
  EXPECT_EQ(status.phase, api::Phase::kFailed);
  EXPECT_EQ(status.message, "node n is gone");
  EXPECT_EQ(status.completion_time, kNow);
  EXPECT_EQ(status.operations[0].phase, "Succeeded");
  EXPECT_EQ(status.operations[1].phase, "Failed");
  EXPECT_EQ(status.operations[1].reason, "NodeLost");
  EXPECT_EQ(status.operations[1].message, "node n is gone");
  EXPECT_EQ(status.operations[1].completion_time, kNow);
  EXPECT_EQ(api::FindCondition(status.conditions, api::kConditionQueued)->status, "False");
  EXPECT_EQ(api::FindCondition(status.conditions, api::kConditionFinished)->reason, "NodeLost");
}

TEST(SilenceTable, CountsFromTheLastChange) {
  SilenceTable table;
  const kube::Clock::TimePoint start{};
  EXPECT_EQ(table.Note("a", "1", start).count(), 0);
  table.EndTurn();
  EXPECT_EQ(table.Note("a", "1", start + seconds(5)), seconds(5));
  table.EndTurn();
  EXPECT_EQ(table.Note("a", "2", start + seconds(9)).count(), 0);
  table.EndTurn();
  EXPECT_EQ(table.Note("a", "2", start + seconds(10)), seconds(1));
}

TEST(SilenceTable, ForgetsWhatIsNotNotedAndAllWhenItStartsAnew) {
  SilenceTable table;
  const kube::Clock::TimePoint start{};
  table.Note("a", "1", start);
  table.EndTurn();
  table.EndTurn();  // not noted in between
  EXPECT_EQ(table.Note("a", "1", start + seconds(5)).count(), 0);
  table.EndTurn();
  table.StartAnew();
  EXPECT_EQ(table.Note("a", "1", start + seconds(6)).count(), 0);
}

}  // namespace
}  // namespace kubediag::controller
