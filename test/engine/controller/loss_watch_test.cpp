#include "engine/controller/loss_watch.h"

#include "engine/core/limits.h"
#include "test/engine/controller/fixture.h"

namespace kubediag::controller {
namespace {

using std::chrono::seconds;

class LossWatchTest : public ControllerFixture {
 protected:
  LossWatchTest() {
    api_.Put(NodePath("node-1"),
             R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"node-1"}})");
    PutDiagnosis("a", {{"nodeName", "node-1"}}, {{"phase", "Running"}});
  }

  // As Run() does, for as long.
  void LookFor(kube::Clock::Duration time) {
    const auto until = clock_.Now() + time;
    while (clock_.Now() < until) {
      clock_.Advance(kLossInterval);
      if (in_contact_) contact_ = clock_.Now();
      watch_.Look(never_);
    }
  }
  void Beat() {
    api_.Merge(DiagnosisPath("a"), R"({"status":{"heartbeatTime":"2026-01-01T00:00:0)" +
                                       std::to_string(++beats_ % 10) + R"(Z"}})");
  }

  bool in_contact_ = true;
  int beats_ = 0;
  kube::Clock::TimePoint contact_ = clock_.Now();
  NodeDirectory nodes_{client_, clock_};
  LossWatch watch_{{.cache = cache_,
                    .store = store_,
                    .nodes = nodes_,
                    .events = events_,
                    .metrics = metrics_,
                    .logger = *logger_,
                    .clock = clock_,
                    .last_contact = [this] { return contact_; }}};
};

TEST_F(LossWatchTest, FailsWhatHasNotChangedForLong) {
  LookFor(kSilenceTimeout);
  EXPECT_EQ(StoredStatus("a")["phase"], "Running");
  LookFor(seconds(10));
  const Json status = StoredStatus("a");
  EXPECT_EQ(status["phase"], "Failed");
  EXPECT_EQ(ConditionOf(status, "Finished")["reason"], "NodeLost");
  EXPECT_TRUE(HasMetric("kubediag_node_lost_total 1"));
  EXPECT_TRUE(HasMetric(R"(kubediag_diagnoses_total{phase="Failed",reason="NodeLost"} 1)"));
  EXPECT_EQ(Events().at(0)["reason"], "DiagnosisFailed");
  LookFor(seconds(20));
  EXPECT_EQ(api_.Count("PATCH"), 1);
}

TEST_F(LossWatchTest, HeartbeatKeepsItAlive) {
  for (int i = 0; i < 15; ++i) {
    LookFor(kHeartbeatInterval);
    Beat();
    Hear(DiagnosisPath("a"));
  }
  EXPECT_EQ(StoredStatus("a")["phase"], "Running");
}

TEST_F(LossWatchTest, HeartbeatThatWasNotHeardOfWins) {
  LookFor(kSilenceTimeout - seconds(10));
  Beat();  // the watch is behind
  LookFor(seconds(60));
  EXPECT_EQ(StoredStatus("a")["phase"], "Running");
  EXPECT_FALSE(HasMetric("kubediag_node_lost_total 1"));
}

TEST_F(LossWatchTest, NodeThatGoesTakesItsDiagnosesWithIt) {
  LookFor(seconds(30));
  api_.Remove(NodePath("node-1"));
  LookFor(seconds(30));
  EXPECT_EQ(StoredStatus("a")["message"], "node node-1 is gone");
}

TEST_F(LossWatchTest, NodeThatNeverWasIsGivenTheTimeOfAHeartbeat) {
  PutDiagnosis("b", {{"nodeName", "nod-1"}});
  LookFor(seconds(70));
  EXPECT_TRUE(StoredStatus("b").empty());
  LookFor(seconds(15));
  EXPECT_EQ(StoredStatus("b")["phase"], "Failed");
  EXPECT_EQ(StoredStatus("a")["phase"], "Running");
}

TEST_F(LossWatchTest, TimeInWhichTheServerWasNotHeardDoesNotCount) {
  LookFor(2 * kHeartbeatInterval);
  in_contact_ = false;
  LookFor(seconds(600));
  in_contact_ = true;
  LookFor(seconds(290));
  EXPECT_EQ(StoredStatus("a")["phase"], "Running");
  LookFor(seconds(30));
  EXPECT_EQ(StoredStatus("a")["phase"], "Failed");
}

TEST_F(LossWatchTest, TimeInWhichItSleptItselfDoesNotCount) {
  LookFor(seconds(200));
  clock_.Advance(std::chrono::hours(8));  // a suspended machine
  LookFor(seconds(200));
  EXPECT_EQ(StoredStatus("a")["phase"], "Running");
}

TEST_F(LossWatchTest, NodesAreNotAskedForWhatIsQuick) {
  LookFor(seconds(5));
  EXPECT_EQ(api_.Count("GET"), 0);
}

}  // namespace
}  // namespace kubediag::controller
