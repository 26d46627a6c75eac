#include "engine/controller/collector.h"

#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "test/engine/controller/fixture.h"

namespace kubediag::controller {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class CollectorTest : public ControllerFixture {
 protected:
  std::string Ago(seconds age) const {
    return api::FormatTime(std::chrono::floor<seconds>(clock_.WallNow()) - age);
  }
  Json Ended(seconds age) const { return {{"phase", "Succeeded"}, {"completionTime", Ago(age)}}; }
  Json Serving(seconds age) const {
    Json status = Ended(age);
    status["conditions"] = {
        {{"type", "Serving"}, {"status", "True"}, {"lastTransitionTime", Ago(age)}}};
    return status;
  }
  // Once it has been seen for long enough.
  void Collect() {
    collector_.Collect(never_);
    clock_.Advance(std::chrono::minutes(30));
    collector_.Collect(never_);
  }
  bool IsThere(const std::string& name) const { return !Stored(DiagnosisPath(name)).is_null(); }
  void PutNode() {
    api_.Put(NodePath("node-1"),
             R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"node-1"}})");
  }

  const Json spec_ = {{"nodeName", "node-1"}};
  NodeDirectory nodes_{client_, clock_};
  Collector collector_{{.rules = {},
                        .cache = cache_,
                        .client = client_,
                        .nodes = nodes_,
                        .metrics = metrics_,
                        .logger = *logger_,
                        .clock = clock_}};
};

TEST_F(CollectorTest, DeletesOldFinishedOnesByUidAndVersion) {
  PutDiagnosis("old", spec_, Ended(hours(300)));
  PutDiagnosis("young", spec_, Ended(hours(1)));
  PutDiagnosis("running", spec_, {{"phase", "Running"}, {"startTime", Ago(hours(999))}});
  const Json metadata = Stored(DiagnosisPath("old"))["metadata"];
  Collect();
  EXPECT_FALSE(IsThere("old"));
  EXPECT_TRUE(IsThere("young"));
  EXPECT_TRUE(IsThere("running"));
  EXPECT_TRUE(HasMetric(R"(kubediag_collected_total{cause="ttl"} 1)"));
  const Json body = Json::parse(api_.Seen().back().body);
  EXPECT_EQ(body["preconditions"],
            (Json{{"uid", metadata["uid"]}, {"resourceVersion", metadata["resourceVersion"]}}));
}

TEST_F(CollectorTest, WhatHasChangedMeanwhileStays) {
  PutDiagnosis("old", spec_, Ended(hours(300)));
  api_.Merge(DiagnosisPath("old"), R"({"metadata":{"labels":{"keep":"me"}}})");
  PutDiagnosis("anew", spec_, Ended(hours(300)));
  api_.Remove(DiagnosisPath("anew"));
  api_.Put(DiagnosisPath("anew"),
           R"({"kind":"Diagnosis","metadata":{"name":"anew","namespace":"default"}})");
  Collect();
  EXPECT_TRUE(IsThere("old"));
  EXPECT_TRUE(IsThere("anew"));
  EXPECT_FALSE(HasMetric(R"(kubediag_collected_total{cause="ttl"} 1)"));
}

TEST_F(CollectorTest, NothingThatServesUnlessItsNodeIsGone) {
  PutNode();
  PutDiagnosis("serves", spec_, Serving(hours(300)));
  Collect();
  EXPECT_TRUE(IsThere("serves"));
  api_.Remove(NodePath("node-1"));
  clock_.Advance(kNodeMemory);
  Collect();
  EXPECT_FALSE(IsThere("serves"));
}

TEST_F(CollectorTest, NodeThatWasNeverSeenMayServeAllTheSame) {
  PutDiagnosis("serves", spec_, Serving(hours(300)));
  Collect();
  EXPECT_TRUE(IsThere("serves"));
}

// Ours has jumped, or the agent's is behind.
TEST_F(CollectorTest, NothingThatWasSeenToEndAMomentAgoWhateverTheClocksSay) {
  PutDiagnosis("a", spec_, Ended(hours(300)));
  collector_.Collect(never_);
  clock_.Advance(std::chrono::minutes(29));
  collector_.Collect(never_);
  EXPECT_TRUE(IsThere("a"));
  clock_.Advance(std::chrono::minutes(1));
  collector_.Collect(never_);
  EXPECT_FALSE(IsThere("a"));
}

TEST_F(CollectorTest, NothingThatIsBeingDeleted) {
  PutDiagnosis("old", spec_, Ended(hours(300)));
  api_.Merge(DiagnosisPath("old"), R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})");
  Hear(DiagnosisPath("old"));
  Collect();
  EXPECT_EQ(api_.Count("DELETE"), 0);
}

}  // namespace
}  // namespace kubediag::controller
