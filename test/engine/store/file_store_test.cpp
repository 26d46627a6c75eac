#include "engine/store/file_store.h"

#include <gtest/gtest.h>

#include <vector>

namespace kubediag::store {
namespace {

api::Diagnosis MakeDiagnosis(const std::string& name, const std::string& set = "set") {
  api::Diagnosis diagnosis;
  diagnosis.metadata.name = name;
  diagnosis.spec.operation_set = set;
  return diagnosis;
}

TEST(FileStore, GivesWhatAnApiServerWouldGive) {
  FileStore store;
  api::Diagnosis diagnosis = MakeDiagnosis("a");
  diagnosis.status.phase = api::Phase::kSucceeded;  // output, whatever the file says
  EXPECT_TRUE(store.Put(diagnosis));
  auto stored = store.GetDiagnosis("default", "a");
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->status.phase, api::Phase::kNone);
  EXPECT_EQ(stored->metadata.namespace_name, "default");
  EXPECT_EQ(stored->metadata.generation, 1);
  EXPECT_FALSE(stored->metadata.resource_version.empty());
  EXPECT_TRUE(stored->metadata.creation_timestamp.has_value());
}

TEST(FileStore, TheUidIsThatOfTheNameInEveryProcess) {
  FileStore first;
  FileStore second;
  first.Put(MakeDiagnosis("a"));
  second.Put(MakeDiagnosis("other"));
  second.Put(MakeDiagnosis("a"));
  EXPECT_EQ(first.GetDiagnosis("default", "a")->metadata.uid,
            second.GetDiagnosis("default", "a")->metadata.uid);
  EXPECT_NE(second.GetDiagnosis("default", "other")->metadata.uid,
            second.GetDiagnosis("default", "a")->metadata.uid);
}

TEST(FileStore, AnEqualObjectIsLeftAloneAndAChangedOneStartsAnew) {
  FileStore store;
  store.Put(MakeDiagnosis("a"));
  api::Diagnosis stored = *store.GetDiagnosis("default", "a");
  stored.status.phase = api::Phase::kSucceeded;
  ASSERT_TRUE(store.WriteStatus(stored).ok());

  EXPECT_FALSE(store.Put(MakeDiagnosis("a")));
  EXPECT_EQ(store.GetDiagnosis("default", "a")->status.phase, api::Phase::kSucceeded);
  EXPECT_TRUE(store.Put(MakeDiagnosis("a", "other-set")));
  EXPECT_EQ(store.GetDiagnosis("default", "a")->status.phase, api::Phase::kNone);
  EXPECT_EQ(store.GetDiagnosis("default", "a")->metadata.generation, 2);
}

TEST(FileStore, AStatusIsWrittenOnlyAgainstWhatIsThere) {
  FileStore store;
  store.Put(MakeDiagnosis("a"));
  api::Diagnosis mine = *store.GetDiagnosis("default", "a");
  api::Diagnosis theirs = mine;
  ASSERT_TRUE(store.WriteStatus(mine).ok());
  ASSERT_TRUE(store.WriteStatus(mine).ok());  // with the new version
  EXPECT_EQ(store.WriteStatus(theirs).reason(), "Conflict");
  mine.metadata.uid = "another";
  EXPECT_EQ(store.WriteStatus(mine).reason(), "Conflict");
  store.Remove("Diagnosis", "", "a");
  EXPECT_EQ(store.WriteStatus(mine).code(), StatusCode::kNotFound);
}

TEST(FileStore, ListsDiagnosesInTheOrderTheyCame) {
  FileStore store;
  for (const char* name : {"c", "a", "b"}) store.Put(MakeDiagnosis(name));
  store.Put(MakeDiagnosis("c", "changed"));
  std::vector<std::string> names;
  const auto listed = store.ListDiagnoses();
  for (const auto& diagnosis : *listed) names.push_back(diagnosis.metadata.name);
  EXPECT_EQ(names, (std::vector<std::string>{"c", "a", "b"}));
}

TEST(FileStore, AbsentObjectsAreNotFoundByName) {
  FileStore store;
  EXPECT_EQ(store.GetOperation("x").status().message(), "Operation x does not exist");
  EXPECT_EQ(store.GetOperationSet("x").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(store.GetSecret("ns", "x").status().message(), "Secret ns/x does not exist");
  EXPECT_FALSE(store.Remove("Secret", "ns", "x"));
}

TEST(FileStore, ASecretsChangeOfLabelsCounts) {
  FileStore store;
  api::Secret secret;
  secret.metadata.name = "s";
  EXPECT_TRUE(store.Put(secret));
  EXPECT_FALSE(store.Put(secret));
  secret.metadata.labels["a"] = "b";
  EXPECT_TRUE(store.Put(secret));
  EXPECT_EQ(store.GetSecret("default", "s")->metadata.labels.size(), 1U);
}

TEST(FileStore, TellsEvents) {
  std::vector<std::string> events;
  FileStore store(
      [&events](const api::Diagnosis&, const Event& event) { events.push_back(event.reason); });
  store.RecordEvent(MakeDiagnosis("a"), {.reason = "OperationSucceeded", .message = ""});
  EXPECT_EQ(events, std::vector<std::string>{"OperationSucceeded"});
}

}  // namespace
}  // namespace kubediag::store
