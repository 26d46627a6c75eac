#include "engine/agent/announcer.h"

#include <vector>

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

// No worker has a hand free to look at its time.
TEST_F(AnnouncerTest, WhatHasWaitedForItsWholeTimeFails) {
  const kube::ObjectKey key = Put("d", Json::object(), {{"timeoutSeconds", 3}});
  Put("patient", Json::object(), {{"timeoutSeconds", 300}});
  waiting_.Arrive(UidOf("d"), clock_.Now());
  Turn(kQueuedAfter);
  EXPECT_EQ(Phase("d"), "");
  Turn(seconds(1));
  EXPECT_EQ(Phase("d"), "Failed");
  EXPECT_EQ(ConditionOf("d", "Finished")["reason"], "DeadlineExceeded");
  EXPECT_EQ(Status("d")["message"], "spec.timeoutSeconds (3 s) passed before it could run");
  EXPECT_TRUE(events_.Flush(Deadline::After(seconds(30))));
  int told = 0;
  for (const std::string& path : api_.Paths()) {
    if (path.find("/events/") == std::string::npos) continue;
    ++told;
    EXPECT_EQ(Json::parse(api_.Get(path))["reason"], "DiagnosisFailed");
  }
  EXPECT_EQ(told, 1);
  EXPECT_EQ(Metric(R"(kubediag_diagnoses_total{phase="Failed",reason="DeadlineExceeded"})"), 1);
  Turn(kQueuedAfter);
  EXPECT_NE(Phase("patient"), "Failed");
  EXPECT_EQ(Metric("kubediag_queue_length"), 1);
  worker_.Handle(key);
  EXPECT_EQ(Phase("d"), "Failed");
}

// The version in the write settles who was first.
TEST_F(AnnouncerTest, WhatWasClaimedAtTheLastMomentIsNotFailed) {
  Put("d", Json::object(), {{"timeoutSeconds", 3}});
  announcer_.Announce();
  api_.Merge(PathOf("d"), R"({"status":{"phase":"Running"}})");
  Turn(seconds(3));
  EXPECT_EQ(api_.Count("PATCH"), 1);
  EXPECT_EQ(Phase("d"), "Running");
}

TEST_F(AnnouncerTest, ARunsTimeIsTheRunsMatter) {
  Put("d", {{"phase", "Running"}}, {{"timeoutSeconds", 3}});
  announcer_.Announce();
  Turn(seconds(3));
  EXPECT_EQ(Phase("d"), "Running");
}

TEST_F(AnnouncerTest, WhatIsSuspendedWhileItWaitsSaysSoOnce) {
  Put("d");
  announcer_.Announce();
  Turn(kQueuedAfter);
  ASSERT_EQ(ConditionOf("d", "Queued")["status"], "True");
  api_.Merge(PathOf("d"), R"({"spec":{"suspend":true}})");
  Hear("d");
  Turn(seconds(1));
  EXPECT_EQ(ConditionOf("d", "Queued")["status"], "False");
  EXPECT_EQ(ConditionOf("d", "Queued")["reason"], "Suspended");
  EXPECT_EQ(Phase("d"), "Pending");
  EXPECT_EQ(Metric("kubediag_queue_length"), 0);
  Turn(kHeartbeatInterval);
  EXPECT_EQ(api_.Count("PATCH"), 2);
  api_.Merge(PathOf("d"), R"({"spec":{"suspend":false}})");
  Hear("d");
  Turn(seconds(1));
  Turn(kQueuedAfter);
  EXPECT_EQ(ConditionOf("d", "Queued")["status"], "True");
}

// Thousands of writes may come before the next turn.
TEST_F(AnnouncerTest, EndsARunBetweenTwoWritesOfATurn) {
  Put("first");
  Put("second");
  const kube::ObjectKey key = Put("run", {{"phase", "Running"}});
  const auto run = runs_.Begin(UidOf("run"), key);
  announcer_.Announce();
  std::vector<diagnosis::CancelCause> causes;
  api_.Next({.method = "PATCH", .carries_out = true, .meanwhile = [&](kube::FakeApi& api) {
               causes.push_back(run->cancellation.cause());
               api.Merge(PathOf("run"), R"({"spec":{"suspend":true}})");
               Hear("run");
             }});
  api_.Next({.method = "PATCH", .carries_out = true, .meanwhile = [&](kube::FakeApi&) {
               causes.push_back(run->cancellation.cause());
             }});
  Turn(kQueuedAfter);
  EXPECT_EQ(causes,
            (std::vector{diagnosis::CancelCause::kNone, diagnosis::CancelCause::kSuspended}));
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
