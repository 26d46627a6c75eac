#include "plugins/go_profiler/report/top.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/plugins/go_profiler/report/stack_profile.h"

namespace kubediag::report {
namespace {

using ::testing::ElementsAre;
using testing::ProfileOf;

std::vector<std::string> Rows(const profile::Profile& profile, TopOptions options = {}) {
  const FrameTable frames(profile);
  const Result<Top> top = BuildTop(frames, options);
  EXPECT_TRUE(top.ok());
  std::vector<std::string> rows;
  for (const TopRow& row : top->rows) {
    const char* marks[] = {"", " inline", " partial"};
    rows.push_back(frames.Name(row.frame) + " " + std::to_string(row.flat) + " " +
                   std::to_string(row.cum) + marks[static_cast<size_t>(row.inlined)]);
  }
  return rows;
}

TEST(Top, CountsRecursionOnceAStack) {
  EXPECT_THAT(Rows(ProfileOf({{"main f g f", 3}, {"main f", 4}})),
              ElementsAre("f 7 7", "g 0 3", "main 0 7"));
}

TEST(Top, SortsByMagnitudeThenName) {
  EXPECT_THAT(Rows(ProfileOf({{"b", 5}, {"c", -9}, {"a", 5}})),
              ElementsAre("c -9 -9", "a 5 5", "b 5 5"));
  TopOptions by_cum;
  by_cum.order = TopOrder::kCum;
  EXPECT_THAT(Rows(ProfileOf({{"z y", 5}, {"x", 4}}), by_cum),
              ElementsAre("y 5 5", "z 0 5", "x 4 4"));
}

TEST(Top, LeavesOutWhatCancels) {
  EXPECT_THAT(Rows(ProfileOf({{"main f", 5}, {"main f", -5}, {"main g", 1}})),
              ElementsAre("g 1 1", "main 0 1"));
}

TEST(Top, MarksInlinedCalls) {
  EXPECT_THAT(Rows(ProfileOf({{"main>f", 5}, {"main>g", 3}, {"other g", 2}})),
              ElementsAre("f 5 5 inline", "g 5 5 partial", "main 0 8", "other 0 2"));
}

TEST(Top, DropsBelowTheFractionAndCutsAtTheCount) {
  const profile::Profile profile = ProfileOf({{"a", 900}, {"b", 97}, {"c", 3}});
  const FrameTable frames(profile);
  const Result<Top> top = BuildTop(frames, {.node_count = 1});
  ASSERT_TRUE(top.ok());
  EXPECT_EQ(top->rows.size(), 1U);
  EXPECT_EQ(top->function_count, 3U);
  EXPECT_EQ(top->dropped, 1U);
  EXPECT_EQ(top->cutoff, 5);
  EXPECT_EQ(top->total, 1000);
}

TEST(Top, WrapsInsteadOfOverflowing) {
  const profile::Profile profile =
      ProfileOf({{"a", INT64_MAX}, {"a", INT64_MAX}, {"b", INT64_MIN}});
  EXPECT_EQ(Rows(profile, {.node_fraction = 0}).size(), 2U);
}

TEST(Top, RefusesAnUnknownSampleTypeAndStops) {
  const profile::Profile profile = ProfileOf({{"a", 1}});
  const FrameTable frames(profile);
  EXPECT_EQ(BuildTop(frames, {.sample_type = 1}).status().code(), StatusCode::kInvalidArgument);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(BuildTop(frames, {}, stop.get_token()).status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace kubediag::report
