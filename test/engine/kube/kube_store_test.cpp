#include "engine/kube/kube_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/api/conditions.h"
#include "engine/api/encode.h"
#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "engine/kube/json_reading.h"
#include "test/engine/kube/fake_api.h"
#include "test/engine/kube/objects.h"

namespace kubediag::kube {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

constexpr char kPath[] = "/apis/diagnosis.kubediag.org/v1/namespaces/default/diagnoses/a";

class KubeStoreTest : public ::testing::Test {
 protected:
  KubeStoreTest()
      : client_(api_, registry_,
                {.retry_first = milliseconds(1), .retry_longest = milliseconds(2)}),
        events_(api_, registry_, {.controller = "diagnosis.kubediag.org/agent", .instance = "n"}),
        store_(client_, events_, registry_, {.node_name = "node-1"}) {
    api_.Put(kPath, DiagnosisText{}.Json());
  }

  api::Diagnosis Read() {
    auto diagnosis = store_.GetDiagnosis("default", "a");
    EXPECT_TRUE(diagnosis.ok()) << diagnosis.status().ToString();
    return *std::move(diagnosis);
  }
  Json Stored() const { return Json::parse(api_.Get(kPath)); }
  Json LastPatch() const {
    const auto seen = api_.Seen();
    for (size_t i = seen.size(); i-- > 0;) {
      if (seen[i].method == "PATCH") return Json::parse(seen[i].body);
    }
    return {};
  }
  static void Fill(api::Diagnosis& diagnosis) {
    diagnosis.status.phase = api::Phase::kRunning;
    diagnosis.status.claim = api::Claim{.instance = "me", .time = {}, .operation_set_hash = "h"};
    diagnosis.status.operation_results = {{"k1", "v1"}, {"k2", "v2"}};
  }

  FakeApi api_;
  metrics::Registry registry_;
  ApiClient client_;
  EventRecorder events_;
  KubeStore store_;
};

TEST_F(KubeStoreTest, WriteNamesOnlyWhatHasChangedAndItsVersion) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  const Status written = store_.WriteStatus(diagnosis);
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(diagnosis.metadata.resource_version, Stored()["metadata"]["resourceVersion"]);
  EXPECT_EQ(Stored()["status"]["operationResults"], (Json{{"k1", "v1"}, {"k2", "v2"}}));
  EXPECT_EQ(api_.Seen().back().content_type, "application/merge-patch+json");
  EXPECT_THAT(api_.Seen().back().target, HasSubstr("/status?fieldManager=kubediag"));

  diagnosis.status.operation_results = {{"k1", "v1"}, {"k3", "v3"}};
  diagnosis.status.message = "half way";
  const std::string before = diagnosis.metadata.resource_version;
  ASSERT_TRUE(store_.WriteStatus(diagnosis).ok());
  EXPECT_EQ(
      LastPatch(),
      (Json{{"metadata", {{"resourceVersion", before}}},
            {"status",
             {{"message", "half way"}, {"operationResults", {{"k2", nullptr}, {"k3", "v3"}}}}}}));
  EXPECT_EQ(Stored()["status"]["operationResults"], (Json{{"k1", "v1"}, {"k3", "v3"}}));
  EXPECT_EQ(api_.Count("GET"), 1);
}

TEST_F(KubeStoreTest, WriteWithoutKnowledgeClearsWhatTheStatusLacks) {
  api::Diagnosis diagnosis = Read();
  api_.Merge(kPath,
             R"({"status":{"operationResults":{"old":"1"},"startTime":"2026-01-01T00:00:00Z",)"
             R"("claim":{"instance":"x","operationSetHash":"y"},"foreign":"kept"}})");
  diagnosis.metadata.resource_version = Stored()["metadata"]["resourceVersion"];
  diagnosis.status = {};
  diagnosis.status.phase = api::Phase::kPending;
  diagnosis.status.claim = api::Claim{.instance = "me", .time = {}, .operation_set_hash = ""};
  const Status written = store_.WriteStatus(diagnosis);
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(Stored()["status"],
            (Json{{"phase", "Pending"}, {"claim", {{"instance", "me"}}}, {"foreign", "kept"}}));
  EXPECT_EQ(api_.Count("GET"), 1) << "nothing needed reading first";
}

TEST_F(KubeStoreTest, ResultsThatAreNotKnownAreReadBeforeTheyAreReplaced) {
  api_.Merge(kPath, R"({"status":{"operationResults":{"old":"1","same":"2"}}})");
  api::Diagnosis diagnosis = Read();
  KubeStore other(client_, events_, registry_, {});  // as after a restart
  diagnosis.status.operation_results = {{"same", "2"}, {"new", "3"}};
  ASSERT_TRUE(other.WriteStatus(diagnosis).ok());
  EXPECT_EQ(Stored()["status"]["operationResults"], (Json{{"same", "2"}, {"new", "3"}}));
}

TEST_F(KubeStoreTest, ChangedObjectIsAConflictAndKeepsWhatOthersWrote) {
  api::Diagnosis diagnosis = Read();
  api_.Merge(kPath, R"({"status":{"heartbeatTime":"2026-01-01T00:00:00Z"}})");
  Fill(diagnosis);
  const Status written = store_.WriteStatus(diagnosis);
  EXPECT_EQ(written.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(written.reason(), "Conflict");
  EXPECT_FALSE(Stored()["status"].contains("claim"));
}

TEST_F(KubeStoreTest, ObjectMadeAnewUnderTheSameNameNeverGetsTheOthersStatus) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  // Deleted and made anew before the write, and, worse, while it is under way.
  for (const bool under_way : {false, true}) {
    const auto replace = [](FakeApi& api) {
      api.Remove(kPath);
      api.Put(kPath, DiagnosisText{.uid = "another"}.Json());
    };
    if (under_way) api_.Next({.method = "PATCH", .meanwhile = replace});
    if (!under_way) replace(api_);
    EXPECT_EQ(store_.WriteStatus(diagnosis).reason(), "Conflict");
    EXPECT_FALSE(Stored()["status"].contains("claim"));
    EXPECT_EQ(Stored()["metadata"]["uid"], "another");
  }
}

TEST_F(KubeStoreTest, WriteThatArrivedThoughItsAnswerWasLostIsASuccess) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  api_.Next({.method = "PATCH", .carries_out = true});
  const Status written = store_.WriteStatus(diagnosis);
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(api_.Count("PATCH"), 1);
  EXPECT_EQ(diagnosis.metadata.resource_version, Stored()["metadata"]["resourceVersion"]);
}

TEST_F(KubeStoreTest, WriteWhoseAnswerCannotBeReadIsFoundToHaveArrived) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  api_.Next({.method = "PATCH", .carries_out = true, .answer = Response{200, "<html>", {}}});
  const Status written = store_.WriteStatus(diagnosis);
  EXPECT_TRUE(written.ok()) << written.ToString();
  api_.Next({.method = "PATCH", .carries_out = true, .answer = Response{200, "<html>", {}}});
  api_.Refuse("GET", 403);
  diagnosis.status.message = "more";
  EXPECT_EQ(store_.WriteStatus(diagnosis).code(), StatusCode::kUnavailable) << "to be tried again";
}

TEST_F(KubeStoreTest, WriteThatWasLostIsDoneOnce) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  api_.Next({.method = "PATCH"});
  api_.Refuse("PATCH", 503);
  const Status written = store_.WriteStatus(diagnosis);
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(Stored()["status"]["phase"], "Running");
  EXPECT_EQ(api_.Count("PATCH"), 3);
}

// cpprestsdk sends a request again when its pooled connection has died, without telling.
TEST_F(KubeStoreTest, WriteThatWasSentTwiceBehindOurBackIsNoConflict) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  api_.Next({.method = "PATCH", .carries_out_twice = true});
  const Status written = store_.WriteStatus(diagnosis);
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(api_.Count("PATCH"), 1);
}

TEST_F(KubeStoreTest, LandedWriteIsRecognisedAlthoughAHeartbeatFollowed) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  api_.Next({.method = "PATCH", .carries_out = true, .meanwhile = [](FakeApi& api) {
               api.Merge(kPath, R"({"status":{"heartbeatTime":"2026-01-01T00:00:00Z"}})");
             }});
  EXPECT_TRUE(store_.WriteStatus(diagnosis).ok());
  // The next write leaves the heartbeat, of which this status knows nothing, to its writer.
  diagnosis.status.message = "next";
  ASSERT_TRUE(store_.WriteStatus(diagnosis).ok());
  EXPECT_EQ(Stored()["status"]["message"], "next");
}

TEST_F(KubeStoreTest, ClaimOfAnotherIsAConflictEvenIfOursWasLost) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  api_.Next({.method = "PATCH", .meanwhile = [](FakeApi& api) {
               api.Merge(kPath, R"({"status":{"claim":{"instance":"somebody else"}}})");
             }});
  EXPECT_EQ(store_.WriteStatus(diagnosis).reason(), "Conflict");
  EXPECT_EQ(Stored()["status"]["claim"]["instance"], "somebody else");
}

TEST_F(KubeStoreTest, ServerThatStaysAwayIsUnavailable) {
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  for (int i = 0; i < 10'000; ++i) api_.Next({});
  EXPECT_EQ(store_.WriteStatus(diagnosis).code(), StatusCode::kUnavailable);
}

TEST_F(KubeStoreTest, DeletedObjectIsNotFound) {
  api::Diagnosis diagnosis = Read();
  api_.Remove(kPath);
  EXPECT_EQ(store_.WriteStatus(diagnosis).code(), StatusCode::kNotFound);
  EXPECT_EQ(store_.GetDiagnosis("default", "a").status().code(), StatusCode::kNotFound);
}

TEST_F(KubeStoreTest, CacheIsToldOfEachWrite) {
  std::string told;
  store_.set_on_written(
      [&](const api::Diagnosis& diagnosis) { told = diagnosis.metadata.resource_version; });
  api::Diagnosis diagnosis = Read();
  Fill(diagnosis);
  ASSERT_TRUE(store_.WriteStatus(diagnosis).ok());
  EXPECT_EQ(told, diagnosis.metadata.resource_version);
}

TEST_F(KubeStoreTest, ListsTheDiagnosesOfTheNode) {
  api_.Put("/apis/diagnosis.kubediag.org/v1/namespaces/other/diagnoses/b",
           DiagnosisText{.name = "b", .uid = "b", .node = "node-2"}.Json());
  for (const bool knows : {true, false}) {
    api_.knows_field_selector = knows;
    const auto diagnoses = store_.ListDiagnoses();
    ASSERT_TRUE(diagnoses.ok()) << diagnoses.status().ToString();
    ASSERT_EQ(diagnoses->size(), 1U);
    EXPECT_EQ(diagnoses->front().metadata.name, "a");
    EXPECT_THAT(registry_.Text(),
                HasSubstr(std::string("kubediag_list_client_side_filter{resource=\"diagnoses\"} ") +
                          (knows ? "0" : "1")));
  }
}

TEST_F(KubeStoreTest, SecretsAreReadAndARefusalTellsHowToAllowIt) {
  api_.Put("/api/v1/namespaces/ns/secrets/s",
           R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"ns"},)"
           R"("type":"Opaque","data":{"token":"dG9rZW4="}})");
  const auto secret = store_.GetSecret("ns", "s");
  ASSERT_TRUE(secret.ok()) << secret.status().ToString();
  EXPECT_EQ(secret->data.at("token"), "token");
  api_.Refuse("GET", 403, StatusJson(403, "Forbidden", "secrets is forbidden"));
  const Status refused = store_.GetSecret("ns", "s").status();
  EXPECT_EQ(refused.code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(refused.message(),
              HasSubstr("kubectl create rolebinding kubediag-agent-secrets --namespace=ns "
                        "--clusterrole=kubediag-agent-secrets "
                        "--serviceaccount=kubediag:kubediag-agent"));
}

// A token that is replaced too late: the run waits instead of failing for a right that it has.
TEST_F(KubeStoreTest, ATokenThatIsNotTakenSaysNothingAboutASecret) {
  for (int i = 0; i < kMaxUnauthorizedTries; ++i) {
    api_.Refuse("GET", 401, StatusJson(401, "Unauthorized", "Unauthorized"));
  }
  EXPECT_EQ(store_.GetSecret("ns", "s").status().code(), StatusCode::kUnavailable);
}

TEST_F(KubeStoreTest, ObjectThatCannotBeReadIsNamedWithItsField) {
  api_.Put("/apis/diagnosis.kubediag.org/v1/operationsets/s",
           R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"OperationSet",)"
           R"("metadata":{"name":"s"},"spec":{"adjacencyList":"none"}})");
  const Status failed = store_.GetOperationSet("s").status();
  EXPECT_EQ(failed.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(failed.message(), HasSubstr("adjacencyList"));
}

TEST_F(KubeStoreTest, WhatHasEndedIsRememberedOnlyWhileItServes) {
  api::Diagnosis diagnosis = Read();
  const auto set_serving = [&](const char* status) {
    api::Condition condition;
    condition.type = api::kConditionServing;
    condition.status = status;
    api::SetCondition(diagnosis.status.conditions, condition, api::Now());
  };
  Fill(diagnosis);
  ASSERT_TRUE(store_.WriteStatus(diagnosis).ok());
  EXPECT_GT(store_.remembered_bytes(), 0U);
  set_serving(api::kConditionTrue);
  diagnosis.status.phase = api::Phase::kSucceeded;
  ASSERT_TRUE(store_.WriteStatus(diagnosis).ok());
  EXPECT_GT(store_.remembered_bytes(), 0U);
  set_serving(api::kConditionFalse);
  ASSERT_TRUE(store_.WriteStatus(diagnosis).ok());
  EXPECT_EQ(store_.remembered_bytes(), 0U);

  // And then it can still be written, after a look at what is there.
  diagnosis.status.operation_results.erase("k1");
  ASSERT_TRUE(store_.WriteStatus(diagnosis).ok());
  EXPECT_EQ(Stored()["status"]["operationResults"].size(), 1U);
}

TEST_F(KubeStoreTest, WhatIsGoneIsForgotten) {
  api::Diagnosis diagnosis = Read();
  EXPECT_GT(store_.remembered_bytes(), 0U);
  store_.Forget("another");
  EXPECT_GT(store_.remembered_bytes(), 0U);
  store_.Forget(diagnosis.metadata.uid);
  EXPECT_EQ(store_.remembered_bytes(), 0U);
}

TEST(StatusMemory, ForgetsWhatWasUsedLongestAgo) {
  StatusMemory memory(4000);
  api::DiagnosisStatus status;
  status.message = std::string(1000, 'x');
  const auto metadata = [](const std::string& uid) {
    api::ObjectMeta made;
    made.uid = uid;
    made.resource_version = "1";
    return made;
  };
  memory.Put(metadata("a"), status);
  memory.Put(metadata("b"), status);
  EXPECT_TRUE(memory.Find(metadata("a")).has_value());
  memory.Put(metadata("c"), status);
  EXPECT_FALSE(memory.Find(metadata("b")).has_value());
  EXPECT_TRUE(memory.Find(metadata("a")).has_value());
  EXPECT_LE(memory.bytes(), 4000U);
  api::ObjectMeta newer = metadata("a");
  newer.resource_version = "2";
  EXPECT_FALSE(memory.Find(newer).has_value());
}

}  // namespace
}  // namespace kubediag::kube
