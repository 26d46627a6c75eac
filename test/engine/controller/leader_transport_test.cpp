#include "engine/controller/leader_transport.h"

#include "test/engine/controller/fixture.h"

namespace kubediag::controller {
namespace {

class LeaderTransportTest : public ControllerFixture {
 protected:
  LeaderTransportTest() { PutDiagnosis("a", {{"nodeName", "n"}}, {{"phase", "Running"}}); }

  bool leads_ = true;
  LeaderTransport transport_{api_, [this] { return leads_; }};
  kube::ApiClient own_{
      transport_, registry_, {.retry_first = milliseconds(1), .retry_longest = milliseconds(2)}};
};

TEST_F(LeaderTransportTest, LeaderReadsAndWrites) {
  EXPECT_TRUE(own_.Get(kube::kDiagnoses, "default", "a").ok());
  EXPECT_TRUE(own_.Delete(kube::kDiagnoses, "default", "a", {}).ok());
}

TEST_F(LeaderTransportTest, WhoNoLongerLeadsReadsOnly) {
  leads_ = false;
  EXPECT_TRUE(own_.Get(kube::kDiagnoses, "default", "a").ok());
  EXPECT_EQ(own_.Delete(kube::kDiagnoses, "default", "a", {}).reason(), kReasonNotLeader);
  EXPECT_EQ(own_.MergePatch(kube::kDiagnoses, "default", "a", "", "{}").status().reason(),
            kReasonNotLeader);
  EXPECT_EQ(own_.Create(kube::kDiagnoses, "default", "{}").status().reason(), kReasonNotLeader);
  EXPECT_EQ(api_.Count("DELETE") + api_.Count("PATCH") + api_.Count("POST"), 0);
}

TEST_F(LeaderTransportTest, LeadershipLostBetweenTwoTriesEndsTheCall) {
  api_.Next({.method = "DELETE",
             .answer = kube::Response{503, "{}", std::nullopt},
             .meanwhile = [this](kube::FakeApi&) { leads_ = false; }});
  EXPECT_EQ(own_.Delete(kube::kDiagnoses, "default", "a", {}).reason(), kReasonNotLeader);
  EXPECT_EQ(api_.Count("DELETE"), 1);
  EXPECT_FALSE(Stored(DiagnosisPath("a")).is_null());
}

TEST_F(LeaderTransportTest, StoreWritesNoStatusForAFormerLeader) {
  kube::KubeStore store(own_, events_, registry_, {});
  auto diagnosis = store.GetDiagnosis("default", "a");
  ASSERT_TRUE(diagnosis.ok());
  leads_ = false;
  diagnosis->status.phase = api::Phase::kFailed;
  EXPECT_EQ(store.WriteStatus(*diagnosis).reason(), kReasonNotLeader);
  EXPECT_EQ(StoredStatus("a")["phase"], "Running");
}

}  // namespace
}  // namespace kubediag::controller
