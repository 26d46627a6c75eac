#include "engine/agent/announcer.h"

#include "engine/core/limits.h"
#include "test/engine/agent/fixture.h"

namespace kubediag::agent {
namespace {

class AnnouncerTest : public AgentFixture {
 protected:
  void Turn(kube::Clock::Duration later) {
    clock_.Advance(later);
    announcer_.Announce();
  }
};

TEST_F(AnnouncerTest, TellsOfWhatWaitsAndBeatsForIt) {
  Put("d");
  announcer_.Announce();
  EXPECT_EQ(api_.Count("PATCH"), 0);
  Turn(kQueuedAfter);
  EXPECT_EQ(ConditionOf("d", "Queued")["status"], "True");
  Turn(seconds(1));
  EXPECT_EQ(api_.Count("PATCH"), 1);
  Turn(kHeartbeatInterval);
  EXPECT_EQ(api_.Count("PATCH"), 2);
}

TEST_F(AnnouncerTest, ANewReasonIsToldWithTheNextHeartbeat) {
  Put("d");
  announcer_.Announce();
  Turn(kQueuedAfter);
  waiting_.Note(UidOf("d"), "Full", "no place", clock_.Now());
  Turn(kHeartbeatInterval);
  EXPECT_EQ(ConditionOf("d", "Queued")["message"], "waits on node node-1: no place");
}

TEST_F(AnnouncerTest, DoesNotBeatForTheRunOfAnotherInstance) {
  Put("d", {{"phase", "Running"},
            {"claim", {{"instance", "node-1_other"}, {"time", "2026-01-01T00:00:00Z"}}}});
  announcer_.Announce();
  Turn(kQueuedAfter);
  Turn(kHeartbeatInterval);
  EXPECT_EQ(api_.Count("PATCH"), 0);
}

// Its status was ended by the controller: a heartbeat would make it look alive.
TEST_F(AnnouncerTest, DoesNotBeatForWhatHasEndedAndGivesItsRunUp) {
  const kube::ObjectKey key = Put("d", {{"phase", "Running"}});
  const auto run = runs_.Begin(UidOf("d"), key);
  announcer_.Announce();
  api_.Merge(PathOf("d"), R"({"status":{"phase":"Failed"}})");
  Hear("d");
  Turn(kHeartbeatInterval);
  EXPECT_EQ(api_.Count("PATCH"), 0);
  EXPECT_EQ(run->cancellation.cause(), diagnosis::CancelCause::kTakenAway);
}

// The run's next write met a conflict and was made anew on the newer version, before the watch told
// of that: what the watch tells is older than what the cache knows then, and no news.
TEST_F(AnnouncerTest, EndsARunWhoseSuspensionAWriteOfItsOwnHasOvertaken) {
  const kube::ObjectKey key = Put("d", {{"phase", "Running"}});
  const auto run = runs_.Begin(UidOf("d"), key);
  announcer_.Announce();
  EXPECT_EQ(run->cancellation.cause(), diagnosis::CancelCause::kNone);
  api_.Merge(PathOf("d"), R"({"spec":{"suspend":true}})");
  auto current = store_.GetDiagnosis("default", "d");
  ASSERT_TRUE(current.ok());
  current->status.message = "half done";
  ASSERT_TRUE(store_.WriteStatus(*current).ok());
  announcer_.Announce();
  EXPECT_EQ(run->cancellation.cause(), diagnosis::CancelCause::kSuspended);
}

// A run writes its heartbeats itself: another writer would cost its next write a conflict.
TEST_F(AnnouncerTest, LeavesTheStatusOfARunToTheRun) {
  const kube::ObjectKey key = Put("d", {{"phase", "Running"}});
  const auto run = runs_.Begin(UidOf("d"), key);
  announcer_.Announce();
  Turn(kHeartbeatInterval);
  EXPECT_TRUE(api_.Seen().empty());
}

TEST_F(AnnouncerTest, ThousandsThatWaitCostOneRequestEachAndMinute) {
  constexpr int kMany = 2000;
  for (int i = 0; i < kMany; ++i) Put("d" + std::to_string(i));
  announcer_.Announce();
  Turn(kQueuedAfter);
  EXPECT_EQ(api_.Count("PATCH"), kMany);
  for (int second = 1; second < kHeartbeatInterval.count(); ++second) Turn(seconds(1));
  EXPECT_EQ(api_.Count("PATCH"), kMany);
  Turn(seconds(1));
  EXPECT_EQ(api_.Count("PATCH"), 2 * kMany);
  EXPECT_EQ(api_.Count("GET"), 0);
}

TEST_F(AnnouncerTest, OneThatIsRefusedIsTriedMoreAndMoreSeldomAndKeepsNoOtherWaiting) {
  Put("a");
  Put("b");
  announcer_.Announce();
  api_.Refuse("PATCH", 403, R"({"kind":"Status","reason":"Forbidden","message":"no"})");
  Turn(kQueuedAfter);
  EXPECT_EQ(ConditionOf("b", "Queued")["status"], "True");
  int tries = 1;
  for (int second = 0; second < 300; ++second) {
    const int before = api_.Count("PATCH");
    api_.Refuse("PATCH", 403, R"({"kind":"Status","reason":"Forbidden","message":"no"})");
    Turn(seconds(1));
    if (api_.Count("PATCH") == before) continue;
    ++tries;
  }
  EXPECT_GT(tries, 5);
  EXPECT_LT(tries, 20);
}

TEST_F(AnnouncerTest, AServerThatIsAwayIsAskedOnceATurn) {
  for (int i = 0; i < 50; ++i) Put("d" + std::to_string(i));
  announcer_.Announce();
  api_.Refuse("PATCH", 500);
  api_.Refuse("GET", 403);  // nor can be read what became of it
  Turn(kQueuedAfter);
  EXPECT_EQ(api_.Count("PATCH"), 1);
  Turn(kAnnounceInterval);
  EXPECT_EQ(api_.Count("PATCH"), 51);
}

TEST_F(AnnouncerTest, SaysWhenItLastMoved) {
  Turn(seconds(1));
  EXPECT_EQ(announcer_.last_step(), clock_.Now());
}

TEST_F(AnnouncerTest, GaugesSayHowItIsNow) {
  AddServer(runner_, catalog_, "server");
  PutSet(api_, "server");
  const kube::ObjectKey key = Put("d");
  announcer_.Announce();
  EXPECT_EQ(Metric("kubediag_queue_length"), 1);
  worker_.Handle(key);
  announcer_.Announce();
  EXPECT_EQ(Metric("kubediag_queue_length"), 0);
  EXPECT_EQ(Metric("kubediag_viewers"), 1);
  executor_.viewers().StopAll();
  announcer_.Announce();
  EXPECT_EQ(Metric("kubediag_viewers"), 0);
}

}  // namespace
}  // namespace kubediag::agent
