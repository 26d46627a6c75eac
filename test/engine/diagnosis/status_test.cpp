#include "engine/diagnosis/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/conditions.h"
#include "engine/api/encode.h"
#include "engine/core/limits.h"

namespace kubediag::diagnosis {
namespace {

using testing::HasSubstr;

constexpr api::Time kNow{std::chrono::seconds(1000)};

size_t SizeOf(const api::DiagnosisStatus& status) { return api::EncodeStatusJson(status).size(); }

api::OperationOutcome Failure(int64_t id, const std::string& reason, const std::string& message) {
  api::OperationOutcome outcome;
  outcome.id = id;
  outcome.operation = "op" + std::to_string(id);
  outcome.phase = "Failed";
  outcome.reason = reason;
  outcome.message = message;
  return outcome;
}

api::Path LongPath() {
  api::Node node;
  node.operation = "operation";
  return api::Path(100, node);
}

TEST(FitStatus, CutsNothingAtTheLimitAndSomethingOnePastIt) {
  api::DiagnosisStatus status;
  status.failed_paths.assign(8, LongPath());
  const size_t size = SizeOf(status);
  FitStatus(status, size, kNow);
  EXPECT_EQ(status.failed_paths.size(), 8U);
  EXPECT_EQ(api::FindCondition(status.conditions, "Truncated"), nullptr);

  FitStatus(status, size - 1, kNow);
  EXPECT_LT(status.failed_paths.size(), 8U);
  EXPECT_FALSE(status.failed_paths.empty());
  EXPECT_LE(SizeOf(status), size - 1);
  EXPECT_THAT(api::FindCondition(status.conditions, "Truncated")->message,
              HasSubstr("failedPaths (4 of 8 kept)"));
}

TEST(FitStatus, CutsFailedPathsBeforeMessagesAndMessagesBeforeOutcomes) {
  api::DiagnosisStatus status;
  status.failed_paths.assign(4, LongPath());
  for (int64_t id = 1; id <= 20; ++id) {
    status.operations.push_back(Failure(id, "Broken", std::string(kMaxMessageBytes, 'm')));
  }
  FitStatus(status, 30'000, kNow);
  EXPECT_LE(SizeOf(status), 30'000U);
  EXPECT_TRUE(status.failed_paths.empty());
  EXPECT_EQ(status.operations.size(), 20U);
  EXPECT_LE(status.operations[0].message.size(), 256U);
  EXPECT_FALSE(status.operations[0].message.empty());
}

TEST(FitStatus, KeepsFailedOutcomesLongest) {
  api::DiagnosisStatus status;
  for (int64_t id = 1; id <= 1000; ++id) {
    status.operations.push_back(Failure(id, "", ""));
    status.operations.back().phase = id == 900 ? "Failed" : "Succeeded";
  }
  FitStatus(status, 8'000, kNow);
  EXPECT_LE(SizeOf(status), 8'000U);
  EXPECT_LT(status.operations.size(), 1000U);
  EXPECT_TRUE(std::any_of(status.operations.begin(), status.operations.end(),
                          [](const auto& outcome) { return outcome.id == 900; }));
}

TEST(FitStatus, WorstCasesStayWithinTheLimit) {
  api::DiagnosisStatus status;
  status.message = std::string(kMaxMessageBytes, '\x01');  // six bytes each in JSON
  for (int64_t id = 1; id <= 5000; ++id) {
    status.operations.push_back(Failure(id, "Broken", std::string(kMaxMessageBytes, '\x01')));
  }
  status.failed_paths.assign(kMaxListedPaths, LongPath());
  status.succeeded_path = api::Path(20'000, LongPath()[0]);
  for (size_t i = 0; i < 4096; ++i) {
    status.artifacts.push_back(
        {.key = std::string(253, 'k'), .path = std::string(400, 'p'), .size = 0, .sha256 = ""});
  }
  for (int i = 0; i < 30; ++i) {
    status.operation_results["k" + std::to_string(i)] = std::string(1024, '\x01');
  }
  FitStatus(status, kMaxStatusBytes, kNow);
  EXPECT_LE(SizeOf(status), kMaxStatusBytes);
  EXPECT_EQ(status.operation_results.size(), 30U);
}

TEST(FitStatus, ListsAsManyArtifactsAsItMayAndNoMore) {
  api::DiagnosisStatus status;
  status.artifacts.resize(kMaxListedArtifacts);
  FitStatus(status, kMaxStatusBytes, kNow);
  EXPECT_EQ(status.artifacts.size(), kMaxListedArtifacts);
  EXPECT_TRUE(status.conditions.empty());
  status.artifacts.resize(kMaxListedArtifacts + 1);
  FitStatus(status, kMaxStatusBytes, kNow);
  EXPECT_EQ(status.artifacts.size(), kMaxListedArtifacts);
  EXPECT_TRUE(api::IsConditionTrue(status.conditions, "Truncated"));
}

TEST(Status, NamesTheReasonOfAFailure) {
  EXPECT_EQ(FailureOf({Failure(1, "A", "x")}).message(), "operation 1 op1: x");
  EXPECT_EQ(FailureOf({Failure(1, "A", "x"), Failure(2, "A", "y")}).reason(), "A");
  EXPECT_EQ(FailureOf({Failure(1, "A", "x"), Failure(2, "B", "y")}).reason(), "AllPathsFailed");
  EXPECT_EQ(FailureOf({Failure(1, "A", "x"), Failure(2, "OperationNotFound", "y")}).reason(),
            "OperationNotFound");
  std::vector<api::OperationOutcome> many;
  for (int64_t id = 1; id <= 8; ++id) many.push_back(Failure(id, "A", std::string(5000, 'x')));
  EXPECT_THAT(FailureOf(many).message(), testing::EndsWith("; and 3 more"));
  EXPECT_LE(FailureOf(many).message().size(), kMaxMessageBytes + 100);
}

TEST(Status, KeepsTheTimeOfTheFirstStart) {
  api::DiagnosisStatus status;
  SetRunning(status, "n", "i", "h", kNow);
  SetRunning(status, "n", "i2", "h", kNow + std::chrono::seconds(5));
  EXPECT_EQ(status.start_time, kNow);
  EXPECT_EQ(status.claim->instance, "i2");
  EXPECT_EQ(api::FindCondition(status.conditions, "Accepted")->last_transition_time, kNow);
}

}  // namespace
}  // namespace kubediag::diagnosis
