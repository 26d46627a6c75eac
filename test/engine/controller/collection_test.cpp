#include "engine/controller/collection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/api/conditions.h"
#include "engine/api/encode.h"
#include "engine/core/limits.h"

namespace kubediag::controller {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr api::Time kNow{seconds(1'800'000'000)};

Finished Aged(seconds age, const std::string& node = "n") {
  return {.node_name = node, .ended = kNow - age, .status_bytes = 10};
}

// "index cause" of each.
std::vector<std::string> Chosen(const std::vector<Finished>& finished,
                                const CollectionRules& rules = {}) {
  std::vector<std::string> texts;
  for (const Collected& each : ChooseCollected(finished, rules, kNow)) {
    texts.push_back(std::to_string(each.index) + " " + each.cause);
  }
  return texts;
}

TEST(ChooseCollected, ByAge) {
  EXPECT_THAT(Chosen({Aged(hours(240)), Aged(hours(240) + seconds(1)), Aged(hours(300))}),
              ElementsAre("2 ttl", "1 ttl"));
}

TEST(ChooseCollected, ByNumberOfANodeOldestFirst) {
  std::vector<Finished> finished;
  for (int i = 0; i < 22; ++i) finished.push_back(Aged(hours(i + 1)));
  for (int i = 0; i < 20; ++i) finished.push_back(Aged(hours(i + 1), "other"));
  EXPECT_THAT(Chosen(finished), ElementsAre("21 count", "20 count"));
}

TEST(ChooseCollected, ByBytesOfAllOldestFirst) {
  const CollectionRules rules{.most_status_bytes = 20};
  EXPECT_THAT(Chosen({Aged(hours(1)), Aged(hours(3), "a"), Aged(hours(2), "b")}, rules),
              ElementsAre("1 bytes"));
  EXPECT_THAT(Chosen({Aged(hours(1)), Aged(hours(3), "a")}, rules), IsEmpty());
}

TEST(ChooseCollected, NothingThatHasNotBeenSeenForTheMinimum) {
  const CollectionRules strict{.ttl = seconds(0), .most_per_node = 0, .most_status_bytes = 0};
  Finished finished = Aged(hours(300));
  finished.seen = minutes(30) - seconds(1);
  EXPECT_THAT(Chosen({finished}, strict), IsEmpty());
  finished.seen = minutes(30);
  EXPECT_THAT(Chosen({finished}, strict), ElementsAre("0 ttl"));
}

TEST(ChooseCollected, NothingYoungerThanTheMinimum) {
  const CollectionRules strict{.ttl = seconds(0), .most_per_node = 0, .most_status_bytes = 0};
  EXPECT_THAT(
      Chosen({Aged(minutes(30) - seconds(1)), Aged(minutes(30)), Aged(seconds(-60))}, strict),
      ElementsAre("1 ttl"));
}

TEST(ChooseCollected, NothingThatServesButItCounts) {
  Finished serving = Aged(hours(500));
  serving.serves = true;
  const CollectionRules rules{.most_per_node = 1};
  EXPECT_THAT(Chosen({serving, Aged(hours(1))}, rules), ElementsAre("1 count"));
}

TEST(ChooseCollected, WhatNeverHadANodeCountsForNone) {
  std::vector<Finished> finished(50, Aged(hours(2), ""));
  EXPECT_THAT(Chosen(finished), IsEmpty());
  finished.push_back(Aged(hours(500), ""));
  EXPECT_THAT(Chosen(finished), ElementsAre("50 ttl"));
}

TEST(EndOf, TakesTheBestTimeThereIs) {
  api::Diagnosis diagnosis;
  EXPECT_EQ(EndOf(diagnosis), api::Time::max()) << "never old";
  diagnosis.metadata.creation_timestamp = kNow - hours(3);
  EXPECT_EQ(EndOf(diagnosis), kNow - hours(3));
  diagnosis.status.start_time = kNow - hours(2);
  EXPECT_EQ(EndOf(diagnosis), kNow - hours(2));
  diagnosis.status.completion_time = kNow - hours(1);
  EXPECT_EQ(EndOf(diagnosis), kNow - hours(1));
}

TEST(ChooseCollected, WhatNeverEndedIsNeverOld) {
  const CollectionRules strict{.ttl = seconds(0), .most_per_node = 0, .most_status_bytes = 0};
  Finished finished = Aged(hours(1));
  finished.ended = api::Time::max();
  EXPECT_THAT(Chosen({finished}, strict), IsEmpty());
}

api::Condition Serving() {
  api::Condition serving;
  serving.type = api::kConditionServing;
  serving.status = api::kConditionTrue;
  return serving;
}

TEST(MayServe, AsLongAsTheConditionSaysAndAPageCanLive) {
  api::DiagnosisStatus status;
  EXPECT_FALSE(MayServe(status, kNow));
  api::SetCondition(status.conditions, Serving(), kNow);
  EXPECT_TRUE(MayServe(status, kNow + hours(1)));
  EXPECT_TRUE(MayServe(status, kNow + kMaxViewerLinger - seconds(1)));
  EXPECT_FALSE(MayServe(status, kNow + kMaxViewerLinger));
  status.conditions[0].status = "False";
  EXPECT_FALSE(MayServe(status, kNow));
}

TEST(ApproximateBytes, IsNearTheEncodedSize) {
  api::DiagnosisStatus status;
  status.operation_results = {{"key", std::string(20'000, 'x')}};
  api::Node node;
  node.id = 1;
  node.to = {2, 3};
  node.operation = "operation";
  status.failed_paths.assign(20, api::Path(30, node));
  api::OperationOutcome outcome;
  outcome.operation = "operation";
  outcome.phase = "Succeeded";
  status.operations.assign(30, outcome);
  const double encoded = static_cast<double>(api::EncodeStatusJson(status).size());
  EXPECT_GT(static_cast<double>(ApproximateBytes(status)), 0.7 * encoded);
  EXPECT_LT(static_cast<double>(ApproximateBytes(status)), 1.5 * encoded);
}

TEST(CollectionInterval, IsAQuarterOfTheShortestTimeWithinBounds) {
  EXPECT_EQ(CollectionInterval({}), seconds(450));
  EXPECT_EQ(CollectionInterval({.minimum_age = seconds(2)}), seconds(1));
  EXPECT_EQ(CollectionInterval({.minimum_age = hours(24)}), kCollectionInterval);
  EXPECT_EQ(CollectionInterval({.ttl = seconds(40)}), seconds(10));
}

}  // namespace
}  // namespace kubediag::controller
