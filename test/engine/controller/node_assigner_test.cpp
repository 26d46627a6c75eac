#include "engine/controller/node_assigner.h"

#include "engine/core/limits.h"
#include "test/engine/controller/fixture.h"

namespace kubediag::controller {
namespace {

class NodeAssignerTest : public ControllerFixture {
 protected:
  NodeAssignerTest() { PutDiagnosis("a", spec_); }

  void PutPod(const Json& spec) {
    const Json pod = {{"apiVersion", "v1"},
                      {"kind", "Pod"},
                      {"metadata", {{"name", "web-0"}, {"namespace", "shop"}}},
                      {"spec", spec}};
    api_.Put(kPodPath, pod.dump());
  }
  void Handle() { assigner_.Handle({.namespace_name = "default", .name = "a"}, {}); }
  // As its worker would: whenever it is due.
  void HandleWhenDue() {
    ASSERT_TRUE(queue_.NextDue().has_value());
    clock_.Advance(*queue_.NextDue() - clock_.Now());
    const auto key = queue_.TryTake();
    ASSERT_TRUE(key.has_value());
    assigner_.Handle(*key, {});
    queue_.Done(*key);
  }
  Json LastPatch() const {
    const auto seen = api_.Seen();
    for (size_t i = seen.size(); i-- > 0;) {
      if (seen[i].method == "PATCH") return Json::parse(seen[i].body);
    }
    return {};
  }

  const Json spec_ = {{"podReference", {{"namespace", "shop"}, {"name", "web-0"}}}};
  NodeAssigner assigner_{{.cache = cache_,
                          .queue = queue_,
                          .client = client_,
                          .store = store_,
                          .events = events_,
                          .metrics = metrics_,
                          .logger = *logger_,
                          .clock = clock_}};
};

TEST_F(NodeAssignerTest, TellsThatItIsPendingAndThenFillsInTheNodeAlone) {
  PutPod({{"nodeName", "node-1"}});
  Handle();
  const Json stored = Stored(DiagnosisPath("a"));
  EXPECT_EQ(stored["spec"]["nodeName"], "node-1");
  EXPECT_EQ(stored["status"]["phase"], "Pending");
  EXPECT_TRUE(stored["status"].contains("startTime"));
  EXPECT_EQ(LastPatch()["spec"], (Json{{"nodeName", "node-1"}}));
  EXPECT_EQ(LastPatch().size(), 2U);
  EXPECT_EQ(api_.Count("PATCH"), 2);
  EXPECT_TRUE(HasMetric("kubediag_diagnoses_assigned_total 1"));
  const auto events = Events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["reason"], "NodeAssigned");
  EXPECT_EQ(events[0]["action"], "AssignNode");
  Handle();  // the cache knows of the write
  EXPECT_EQ(api_.Count("PATCH"), 2);
}

TEST_F(NodeAssignerTest, WaitsForAPodThatIsNotThereYet) {
  Handle();
  EXPECT_EQ(StoredStatus("a")["phase"], "Pending");
  HandleWhenDue();
  EXPECT_EQ(api_.Count("PATCH"), 1) << "it is told once";
  PutPod({{"containers", Json::array()}});
  HandleWhenDue();
  PutPod({{"nodeName", "node-7"}});
  HandleWhenDue();
  EXPECT_EQ(Stored(DiagnosisPath("a"))["spec"]["nodeName"], "node-7");
  EXPECT_FALSE(queue_.NextDue().has_value());
}

TEST_F(NodeAssignerTest, FailsWhenThePodDoesNotComeInTime) {
  Handle();
  const auto start = clock_.Now();
  while (queue_.NextDue()) HandleWhenDue();
  EXPECT_EQ(clock_.Now() - start, kPodTimeout);
  const Json status = StoredStatus("a");
  EXPECT_EQ(status["phase"], "Failed");
  EXPECT_EQ(ConditionOf(status, "Finished")["reason"], "PodNotFound");
  EXPECT_EQ(status["message"], "Pod shop/web-0 did not appear within 30 s");
  EXPECT_TRUE(status.contains("completionTime"));
  EXPECT_TRUE(HasMetric(R"(kubediag_diagnoses_total{phase="Failed",reason="PodNotFound"} 1)"));
  EXPECT_EQ(Events().at(0)["reason"], "DiagnosisFailed");
  EXPECT_LE(api_.Count("GET"), 12);
}

TEST_F(NodeAssignerTest, FailsWhenThePodIsNotScheduledInTime) {
  PutPod({{"containers", Json::array()}});
  Handle();
  while (queue_.NextDue()) HandleWhenDue();
  EXPECT_EQ(ConditionOf(StoredStatus("a"), "Finished")["reason"], "PodNotScheduled");
}

TEST_F(NodeAssignerTest, TimeInWhichTheServerIsAwayDoesNotCount) {
  for (int i = 0; i < 3; ++i) api_.Refuse("GET", 403, R"({"reason":"Forbidden"})");
  for (int i = 0; i < 3; ++i) {
    Handle();
    clock_.Advance(std::chrono::minutes(10));
  }
  EXPECT_TRUE(StoredStatus("a").empty());
  Handle();  // the server says for the first time that there is none
  EXPECT_EQ(StoredStatus("a")["phase"], "Pending");
}

// The scheduler was away as long, and comes back with the server.
TEST_F(NodeAssignerTest, TimeInWhichTheServerIsAwayInBetweenDoesNotCountEither) {
  Handle();
  for (int i = 0; i < 3; ++i) {
    api_.Refuse("GET", 403, R"({"reason":"Forbidden"})");
    clock_.Advance(std::chrono::minutes(10));
    Handle();
  }
  clock_.Advance(std::chrono::minutes(1));
  Handle();
  EXPECT_EQ(StoredStatus("a")["phase"], "Pending");
  while (StoredStatus("a")["phase"] == "Pending") HandleWhenDue();
  EXPECT_EQ(ConditionOf(StoredStatus("a"), "Finished")["reason"], "PodNotFound");
}

// As by a policy, or for want of a right that may come yet.
TEST_F(NodeAssignerTest, RefusalThatLastsIsToldInAnEventAndTriedAgain) {
  PutPod({{"nodeName", "node-1"}});
  const auto refuse = [this] {
    api_.Refuse("GET", 403, R"({"kind":"Status","reason":"Forbidden","message":"no get of pods"})");
  };
  refuse();
  Handle();
  EXPECT_TRUE(Events().empty());
  const auto start = clock_.Now();
  while (clock_.Now() - start < kPodTimeout) {
    EXPECT_TRUE(Events().empty());
    refuse();
    HandleWhenDue();
  }
  const auto events = Events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["reason"], "NodeNotAssigned");
  EXPECT_EQ(events[0]["type"], "Warning");
  EXPECT_NE(events[0]["note"].get<std::string>().find("no get of pods"), std::string::npos);
  HandleWhenDue();
  EXPECT_EQ(Stored(DiagnosisPath("a"))["spec"]["nodeName"], "node-1");
}

TEST_F(NodeAssignerTest, RefusalOfTheAssignmentIsTold) {
  PutPod({{"nodeName", "node-1"}});
  PutDiagnosis("a", spec_, {{"phase", "Pending"}, {"startTime", "2026-01-01T00:00:00Z"}});
  for (int i = 0; i < 2; ++i) {
    api_.Refuse("PATCH", 422, R"({"kind":"Status","reason":"Invalid","message":"not so"})");
    Handle();
    EXPECT_EQ(Events().size(), static_cast<size_t>(i));
    clock_.Advance(kPodTimeout);
  }
  EXPECT_EQ(StoredStatus("a")["phase"], "Pending");
}

TEST_F(NodeAssignerTest, AnAnswerThatIsLongInComingIsNoWait) {
  Handle();
  for (int i = 0; i < 2; ++i) {
    clock_.Advance(std::chrono::minutes(1));  // as if its request had been tried for so long
    Handle();
    EXPECT_EQ(StoredStatus("a")["phase"], "Pending");
  }
}

TEST_F(NodeAssignerTest, FailsAtOnceWhatNamesNeitherNodeNorPod) {
  PutDiagnosis("b", Json::object());
  assigner_.Handle({.namespace_name = "default", .name = "b"}, {});
  EXPECT_EQ(ConditionOf(StoredStatus("b"), "Finished")["reason"], "NodeNotNamed");
  EXPECT_EQ(api_.Count("GET"), 0);
}

TEST_F(NodeAssignerTest, ChangeMeanwhileIsDecidedAnew) {
  PutPod({{"nodeName", "node-1"}});
  api_.Merge(DiagnosisPath("a"), R"({"spec":{"nodeName":"node-2"}})");  // by its author
  Handle();
  EXPECT_EQ(Stored(DiagnosisPath("a"))["spec"]["nodeName"], "node-2");
  EXPECT_TRUE(queue_.NextDue().has_value());
  Hear(DiagnosisPath("a"));
  HandleWhenDue();
  EXPECT_FALSE(queue_.NextDue().has_value());
  EXPECT_EQ(Stored(DiagnosisPath("a"))["spec"]["nodeName"], "node-2");
}

TEST_F(NodeAssignerTest, DiagnosisMadeAnewUnderTheNameWaitsItsOwnTime) {
  Handle();
  clock_.Advance(kPodTimeout - std::chrono::seconds(1));
  api_.Remove(DiagnosisPath("a"));
  PutDiagnosis("a", spec_);
  Handle();
  clock_.Advance(std::chrono::seconds(5));
  Handle();
  EXPECT_EQ(StoredStatus("a")["phase"], "Pending");
}

}  // namespace
}  // namespace kubediag::controller
