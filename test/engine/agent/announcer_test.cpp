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
  Turn(kHeartbeatInterval);
  EXPECT_EQ(api_.Count("PATCH"), 0);
  EXPECT_EQ(run->cancellation.cause(), diagnosis::CancelCause::kTakenAway);
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
