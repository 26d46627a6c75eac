#include "engine/operation/result_collector.h"

#include <gtest/gtest.h>

#include "engine/core/limits.h"

namespace kubediag::operation {
namespace {

TEST(ResultCollector, ReplacedValuesAreNotCountedTwice) {
  ResultCollector collector;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(collector.Add("key", std::string(kMaxResultValueBytes, 'x')).ok());
  }
  RunOutcome outcome;
  collector.MoveTo(outcome);
  EXPECT_EQ(outcome.results.size(), 1U);
}

TEST(ResultCollector, RefusedValueLeavesTheEarlierOne) {
  ResultCollector collector;
  ASSERT_TRUE(collector.Add("key", "good").ok());
  EXPECT_EQ(collector.Add("key", "\xff").reason(), "InvalidResult");
  EXPECT_EQ(collector.Add("key", std::string(kMaxResultValueBytes + 1, 'x')).reason(),
            "ResultLimit");
  RunOutcome outcome;
  collector.MoveTo(outcome);
  EXPECT_EQ(outcome.results.at("key"), "good");
}

TEST(ResultCollector, ArtifactsCountAsResults) {
  ResultCollector collector;
  for (size_t i = 0; i < kMaxResultKeys; ++i) {
    ASSERT_TRUE(collector.AddArtifact("a." + std::to_string(i), "file").ok());
  }
  EXPECT_EQ(collector.Add("one.more", "x").reason(), "ResultLimit");
  EXPECT_EQ(collector.AddArtifact("one.more", "x").reason(), "ResultLimit");
  EXPECT_TRUE(collector.AddArtifact("a.0", "other").ok());
}

}  // namespace
}  // namespace kubediag::operation
