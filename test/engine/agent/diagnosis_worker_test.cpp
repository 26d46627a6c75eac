#include "engine/agent/diagnosis_worker.h"

#include "engine/core/limits.h"
#include "test/engine/agent/fixture.h"

namespace kubediag::agent {
namespace {

class WorkerTest : public AgentFixture {
 protected:
  static Json ClaimedBy(const std::string& instance) {
    return {{"phase", "Running"},
            {"claim", {{"instance", instance}, {"time", "2026-01-01T00:00:00Z"}}}};
  }
};

TEST_F(WorkerTest, RunsWhatIsThereAndForgetsIt) {
  queue_.Add(Put("d"));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "Succeeded");
  EXPECT_FALSE(HandleNext());
}

// Two agents of one node's name: what the other is at work on is not ours to call interrupted.
TEST_F(WorkerTest, LeavesTheRunOfAnotherInstanceAloneWhileItBeats) {
  queue_.Add(Put("d", ClaimedBy("node-1_other")));
  for (int minute = 1; minute <= 9; ++minute) {
    EXPECT_TRUE(HandleNext());
    clock_.Advance(kHeartbeatInterval);
    api_.Merge(PathOf("d"), R"({"status":{"heartbeatTime":"2026-01-01T00:0)" +
                                std::to_string(minute) + R"(:00Z"}})");
    Hear("d");
    queue_.Add({.namespace_name = "default", .name = "d"});
  }
  EXPECT_EQ(Phase("d"), "Running");
  EXPECT_EQ(api_.Count("PATCH"), 0);
}

TEST_F(WorkerTest, FailsTheRunOfAnotherInstanceThatIsSilent) {
  queue_.Add(Put("d", ClaimedBy("node-1_other")));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "Running");
  clock_.Advance(kForeignClaimTimeout);
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "Failed");
  EXPECT_EQ(runner_.Runs("a"), 0U);
}

// The journal of the other's loser must not make it run twice.
TEST_F(WorkerTest, ALostClaimLeavesTheRunToTheWinner) {
  const kube::ObjectKey key = Put("d");
  api_.Merge(PathOf("d"), R"({"status":)" + ClaimedBy("node-1_other").dump() + "}");
  queue_.Add(key);
  EXPECT_TRUE(HandleNext());  // claims, in vain
  clock_.Advance(kRetryTurn);
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "Running");
  EXPECT_EQ(Status("d")["claim"]["instance"], "node-1_other");
  EXPECT_EQ(runner_.Runs("a"), 0U);
}

TEST_F(WorkerTest, WhatAnotherEndedIsNotTriedAgain) {
  runner_.Register("a", [this](const operation::Job&, const std::stop_token&) {
    api_.Merge(PathOf("d"), R"({"status":{"phase":"Failed"}})");
    return diagnosis::Succeed();
  });
  queue_.Add(Put("d"));
  EXPECT_TRUE(HandleNext());
  clock_.Advance(kKeyRetryLongest);
  EXPECT_TRUE(HandleNext());
  clock_.Advance(kKeyRetryLongest);
  EXPECT_FALSE(HandleNext());
  EXPECT_EQ(Phase("d"), "Failed");
  EXPECT_EQ(runner_.Runs("a"), 1U);
}

TEST_F(WorkerTest, ASetThatCannotBeReadFailsAtOnce) {
  api_.Put("/apis/diagnosis.kubediag.org/v1/operationsets/set",
           R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"OperationSet",)"
           R"("metadata":{"name":"set"},"spec":{"adjacencyList":"none"}})");
  queue_.Add(Put("d"));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "Failed");
  EXPECT_EQ(ConditionOf("d", "OperationSetNotReady")["status"], "True");
}

TEST_F(WorkerTest, AFailureThatMayPassIsToldAsWhyItWaits) {
  api_.Refuse("GET", 403, R"({"kind":"Status","reason":"Forbidden","message":"no operationsets"})");
  queue_.Add(Put("d"));
  EXPECT_TRUE(HandleNext());
  ASSERT_TRUE(waiting_.Find(UidOf("d")));
  EXPECT_NE(waiting_.Find(UidOf("d"))->message.find("operationsets"), std::string::npos);
}

TEST_F(WorkerTest, TheDeadlineIsByOurOwnClockWhateverTheStartOfAnotherMachineSays) {
  queue_.Add(Put("d", {{"phase", "Pending"}, {"startTime", "2020-01-01T00:00:00Z"}},
                 {{"timeoutSeconds", 60}}));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "Succeeded");
}

TEST_F(WorkerTest, TheDeadlineCountsTheTimeItHasWaitedHere) {
  const kube::ObjectKey key = Put("d", Json::object(), {{"timeoutSeconds", 60}});
  waiting_.Arrive(UidOf("d"), clock_.Now());
  clock_.Advance(seconds(60));
  queue_.Add(key);
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(ConditionOf("d", "Finished")["reason"], "DeadlineExceeded");
  EXPECT_EQ(runner_.Runs("a"), 0U);
}

TEST_F(WorkerTest, WhatFailsWaitsNoLonger) {
  const Json queued = {{"type", "Queued"}, {"status", "True"}, {"reason", "Queued"}};
  const kube::ObjectKey key =
      Put("d", {{"phase", "Pending"}, {"conditions", {queued}}}, {{"timeoutSeconds", 60}});
  waiting_.Arrive(UidOf("d"), clock_.Now());
  clock_.Advance(seconds(60));
  queue_.Add(key);
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "Failed");
  EXPECT_EQ(ConditionOf("d", "Queued")["status"], "False");
}

TEST_F(WorkerTest, WhatCannotBeReadFailsWithAnEvent) {
  queue_.Add(Put("d", Json::object(), {{"timeoutSeconds", "soon"}}));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(ConditionOf("d", "Finished")["reason"], "InvalidDiagnosis");
  ASSERT_TRUE(events_.Flush(Deadline::After(std::chrono::seconds(30))));
  EXPECT_EQ(api_.Count("POST"), 1);
}

TEST_F(WorkerTest, RetriesAreCounted) {
  api_.Refuse("GET", 403, R"({"kind":"Status","reason":"Forbidden","message":"no operationsets"})");
  queue_.Add(Put("d"));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Metric("kubediag_diagnosis_retries_total"), 1);
}

TEST_F(WorkerTest, NothingIsRememberedOfWhatWasRemovedMeanwhile) {
  const kube::ObjectKey key = Put("d");
  const std::string uid = UidOf("d");
  api_.Next({.method = "GET",
             .answer = kube::Response{403, R"({"kind":"Status","reason":"Forbidden"})", {}},
             .meanwhile = [&](kube::FakeApi&) {
               const kube::ObjectPtr object = cache_.Find(uid);
               cache_.Remove(object->metadata(), object, kube::RemovalCause::kDeleted);
               worker_.Forget(uid);  // as on every removal: too early
             }});
  queue_.Add(key);
  EXPECT_TRUE(HandleNext());
  EXPECT_FALSE(waiting_.Find(uid));
}

TEST_F(WorkerTest, ADiagnosisThatAModuleFailsForAReasonOfItsOwnBoundsTheMetric) {
  for (int i = 0; i < 100; ++i) {
    runner_.Register("a", [i](const operation::Job&, const std::stop_token&) {
      return diagnosis::FailWith("Reason" + std::to_string(i), "why");
    });
    worker_.Handle(Put("d" + std::to_string(i)));
  }
  const std::string text = registry_.Text();
  size_t series = 0;
  for (size_t at = text.find("kubediag_diagnoses_total{"); at != std::string::npos;
       at = text.find("kubediag_diagnoses_total{", at + 1)) {
    ++series;
  }
  EXPECT_LE(series, kMaxReasonLabels + 1);
  EXPECT_EQ(Metric(R"(kubediag_diagnoses_total{phase="Failed",reason="Other"})"),
            100 - static_cast<int>(kMaxReasonLabels));
}

TEST_F(WorkerTest, OperationsAreCountedByWhatTheirModuleCallsThem) {
  api_.Put(
      "/apis/diagnosis.kubediag.org/v1/operations/mine",
      R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"Operation",)"
      R"("metadata":{"name":"mine"},"spec":{"processor":{"sharedObject":{"operation":"a"}}}})");
  PutSet(api_, "mine");
  queue_.Add(Put("d"));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "Succeeded");
  EXPECT_EQ(Metric(R"(kubediag_operation_seconds_count{operation="a",phase="Succeeded"})"), 1);
  EXPECT_EQ(registry_.Text().find("mine"), std::string::npos);
}

class PlacesTest : public AgentFixture {
 protected:
  PlacesTest() : AgentFixture(1) {
    AddServer(runner_, catalog_, "server");
    PutSet(api_, "server");
  }
};

TEST_F(PlacesTest, WithoutAPlaceItStaysPendingForAsLongAsItTakes) {
  queue_.Add(Put("first"));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("first"), "Succeeded");
  queue_.Add(Put("second"));
  announcer_.Announce();
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(HandleNext());
    clock_.Advance(kPlaceIntervalMost);
    announcer_.Announce();
  }
  EXPECT_EQ(Phase("second"), "Pending");
  EXPECT_EQ(ConditionOf("second", "Queued")["status"], "True");
  EXPECT_NE(ConditionOf("second", "Queued")["message"].get<std::string>().find("page"),
            std::string::npos);
  EXPECT_EQ(runner_.Runs("server"), 1U);
  const int reads = api_.Count("GET");
  clock_.Advance(kPlaceIntervalMost);
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(api_.Count("GET"), reads);  // nobody is asked

  executor_.viewers().StopAll();
  clock_.Advance(kPlaceIntervalMost);
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("second"), "Succeeded");
}

TEST_F(PlacesTest, ThePlaceIsReservedBeforeTheClaim) {
  const auto taken = executor_.viewers().Reserve();
  queue_.Add(Put("d"));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(Phase("d"), "");
  EXPECT_EQ(runner_.Prepared(), 0U);
}

TEST_F(PlacesTest, TheDeadlineEndsTheWait) {
  const auto taken = executor_.viewers().Reserve();
  queue_.Add(Put("d", Json::object(), {{"timeoutSeconds", 60}}));
  EXPECT_TRUE(HandleNext());
  clock_.Advance(seconds(60));
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(ConditionOf("d", "Finished")["reason"], "DeadlineExceeded");
}

class RestoreTest : public AgentFixture {
 protected:
  // "d" has ended under an earlier process that served its page.
  RestoreTest() {
    AddServer(runner_, catalog_, "server");
    PutSet(api_, "server");
    key_ = Put("d");
    worker_.Handle(key_);
    executor_.viewers().StopAll();
    api_.Merge(PathOf("d"), R"({"status":{"claim":{"instance":"node-1_before"}}})");
    Hear("d");
  }
  kube::ObjectKey key_;
};

TEST_F(RestoreTest, PagesAreServedAgainByWorkersOfTheirOwn) {
  queue_.Add(key_);
  EXPECT_TRUE(HandleNext());
  EXPECT_EQ(executor_.viewers().Count(), 0U);
  ASSERT_EQ(restores_.waiting(), 1U);
  worker_.HandleRestore(*restores_.TryTake(), {});
  EXPECT_EQ(executor_.viewers().Count(), 1U);
}

TEST_F(RestoreTest, ThePageOfWhatWasDeletedMeanwhileDoesNotComeBack) {
  const std::string uid = UidOf("d");
  runner_.Register("server", [this, &uid](const operation::Job&, const std::stop_token&) {
    const kube::ObjectPtr object = cache_.Find(uid);
    cache_.Remove(object->metadata(), object, kube::RemovalCause::kDeleted);
    executor_.viewers().Stop(uid);  // as on every removal: too early
    operation::RunOutcome outcome = diagnosis::Succeed();
    outcome.serving = true;
    outcome.linger = std::chrono::hours(2);
    return outcome;
  });
  worker_.HandleRestore(key_, {});
  EXPECT_EQ(runner_.Restores("server"), 1U);
  EXPECT_EQ(executor_.viewers().CountOf(uid), 0U);
}

}  // namespace
}  // namespace kubediag::agent
