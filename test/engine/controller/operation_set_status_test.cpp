#include "engine/controller/operation_set_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/api/conditions.h"
#include "engine/api/decode.h"
#include "engine/api/encode.h"

namespace kubediag::controller {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

constexpr api::Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr api::Time kLater = kNow + std::chrono::seconds(60);

// A set whose nodes lead where `to` says.
api::OperationSet Set(const std::vector<std::vector<int64_t>>& to) {
  api::OperationSet set;
  set.metadata.generation = 3;
  for (size_t i = 0; i < to.size(); ++i) {
    api::Node node;
    node.to = to[i];
    if (i > 0) node.operation = "operation-" + std::to_string(i);
    set.adjacency_list.push_back(node);
  }
  return set;
}

// 2^rungs paths.
api::OperationSet Ladder(int64_t rungs) {
  std::vector<std::vector<int64_t>> to = {{1, 2}};
  for (int64_t rung = 1; rung <= rungs; ++rung) {
    const int64_t next = 2 * rung + 1;
    const bool last = rung == rungs;
    to.push_back(last ? std::vector<int64_t>{} : std::vector<int64_t>{next, next + 1});
    to.push_back(to.back());
  }
  return Set(to);
}

const api::Condition& Ready(const api::OperationSetStatus& status) {
  const api::Condition* ready = api::FindCondition(status.conditions, api::kConditionReady);
  EXPECT_NE(ready, nullptr);
  static const api::Condition kNone;
  return ready == nullptr ? kNone : *ready;
}

TEST(OperationSetStatus, ListsWholePathsWithoutTheStart) {
  const auto status = OperationSetStatusOf(Set({{1, 2}, {3}, {3}, {}}), "", kNow);
  EXPECT_TRUE(status.ready);
  ASSERT_EQ(status.paths.size(), 2U);
  ASSERT_EQ(status.paths[0].size(), 2U);
  EXPECT_EQ(status.paths[0][0].operation, "operation-1");
  EXPECT_EQ(status.paths[0][0].id, 1);
  EXPECT_EQ(status.paths[0][0].to, std::vector<int64_t>{3});
  EXPECT_EQ(status.paths[0][1].operation, "operation-3");
  EXPECT_EQ(status.paths[1][0].operation, "operation-2");
  EXPECT_EQ(status.observed_generation, 3);
  EXPECT_EQ(Ready(status).status, "True");
  EXPECT_EQ(Ready(status).reason, "GraphValid");
  EXPECT_EQ(Ready(status).message, "3 operations, 2 paths");
}

TEST(OperationSetStatus, NamesThePositionsAtFault) {
  const auto status = OperationSetStatusOf(Set({{1}, {2}, {1}}), "", kNow);
  EXPECT_FALSE(status.ready);
  EXPECT_TRUE(status.paths.empty());
  EXPECT_EQ(Ready(status).status, "False");
  EXPECT_EQ(Ready(status).reason, "GraphInvalid");
  EXPECT_THAT(Ready(status).message, HasSubstr("cycle: 1 -> 2 -> 1"));
  EXPECT_EQ(status.observed_generation, 3);
}

TEST(OperationSetStatus, TellsWhatCouldNotBeRead) {
  const auto status =
      OperationSetStatusOf(Set({{1}, {}}), "spec.adjacencyList: expected a list", kNow);
  EXPECT_FALSE(status.ready);
  EXPECT_EQ(Ready(status).reason, "Unreadable");
  EXPECT_EQ(Ready(status).message, "spec.adjacencyList: expected a list");
}

TEST(OperationSetStatus, CountsPathsItDoesNotList) {
  const auto status = OperationSetStatusOf(Ladder(40), "", kNow);
  EXPECT_EQ(status.paths.size(), kMaxListedPaths);
  EXPECT_EQ(Ready(status).message, "80 operations, 1099511627776 paths; the first 64 are listed");
  EXPECT_EQ(api::FindCondition(status.conditions, api::kConditionTruncated), nullptr);
  const auto most = OperationSetStatusOf(Ladder(64), "", kNow);
  EXPECT_THAT(Ready(most).message, HasSubstr("at least 18446744073709551615 paths"));
}

TEST(OperationSetStatus, StaysWithinItsBytes) {
  constexpr size_t kBytes = 20'000;
  const auto status = OperationSetStatusOf(Ladder(40), "", kNow, kBytes);
  EXPECT_LE(api::EncodeStatusJson(status).size(), kBytes);
  EXPECT_GT(status.paths.size(), 0U);
  EXPECT_LT(status.paths.size(), kMaxListedPaths);
  EXPECT_TRUE(api::IsConditionTrue(status.conditions, api::kConditionTruncated));
  EXPECT_TRUE(status.ready);
}

TEST(OperationSetStatus, SaysWhenNothingIsCutAnyMore) {
  api::OperationSet set = Ladder(40);
  set.status = OperationSetStatusOf(set, "", kNow, 20'000);
  set.status = OperationSetStatusOf(set, "", kLater);
  const api::Condition* cut = api::FindCondition(set.status.conditions, api::kConditionTruncated);
  ASSERT_NE(cut, nullptr);
  EXPECT_EQ(cut->status, "False");
}

TEST(OperationSetStatus, IsTheSameAgainAndKeepsTimesAndConditionsOfOthers) {
  api::OperationSet set = Set({{1, 2}, {3}, {3}, {}});
  api::Condition reviewed;
  reviewed.type = "Reviewed";
  reviewed.status = api::kConditionTrue;
  api::SetCondition(set.status.conditions, reviewed, kNow);
  set.status = OperationSetStatusOf(set, "", kNow);
  // As it comes back from a server.
  const api::Decoded decoded = api::Decode(api::EncodeJson(set), "set");
  ASSERT_EQ(decoded.objects.size(), 1U);
  set = std::get<api::OperationSet>(decoded.objects[0].object);
  const auto again = OperationSetStatusOf(set, "", kLater);
  EXPECT_TRUE(SameStatus(again, set.status));
  EXPECT_EQ(Ready(again).last_transition_time, kNow);
  EXPECT_NE(api::FindCondition(again.conditions, "Reviewed"), nullptr);

  set.adjacency_list[3].to = {1};
  const auto broken = OperationSetStatusOf(set, "", kLater);
  EXPECT_FALSE(SameStatus(broken, set.status));
  EXPECT_EQ(Ready(broken).last_transition_time, kLater);
}

TEST(OperationSetStatus, PatchTakesAwayWhatIsNoLongerThere) {
  const auto status = OperationSetStatusOf(Set({{1}, {2}, {1}}), "", kNow);
  const Json patch = Json::parse(StatusPatchOf("17", status));
  EXPECT_EQ(patch["metadata"], (Json{{"resourceVersion", "17"}}));
  EXPECT_EQ(patch["status"]["ready"], false);
  EXPECT_TRUE(patch["status"].contains("paths"));
  EXPECT_TRUE(patch["status"]["paths"].is_null());
  EXPECT_EQ(patch["status"]["conditions"].size(), 1U);
}

}  // namespace
}  // namespace kubediag::controller
