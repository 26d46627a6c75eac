#include "plugins/go_profiler/report/flame_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/plugins/go_profiler/report/stack_profile.h"

namespace kubediag::report {
namespace {

using ::testing::ElementsAre;
using testing::ProfileOf;

// One line a row: dots for depth, name, "*" when inlined, self and total.
std::vector<std::string> Rows(const FrameTable& frames, const FlameTree& tree) {
  std::vector<std::string> rows;
  for (uint32_t i = 0; i < tree.size(); ++i) {
    const std::string name =
        i == 0 ? "root" : frames.Name(tree.use[i].frame()) + (tree.use[i].inlined() ? "*" : "");
    rows.push_back(std::string(tree.depth[i], '.') + name + " " + std::to_string(tree.self[i]) +
                   "/" + std::to_string(tree.total[i]));
  }
  return rows;
}

std::vector<std::string> Rows(const profile::Profile& profile,
                              const FlameTreeOptions& options = {}) {
  const FrameTable frames(profile);
  const Result<FlameTree> tree = BuildFlameTree(frames, options);
  EXPECT_TRUE(tree.ok()) << tree.status().ToString();
  return Rows(frames, *tree);
}

TEST(FlameTree, JoinsCommonPrefixesHeaviestFirst) {
  EXPECT_THAT(Rows(ProfileOf({{"main a b", 1}, {"main c", 5}, {"main a", 2}, {"main a d", 4}})),
              ElementsAre("root 0/12", ".main 0/12", "..a 2/7", "...d 4/4", "...b 1/1", "..c 5/5"));
}

TEST(FlameTree, KeepsInlinedAndRealCallsApart) {
  EXPECT_THAT(Rows(ProfileOf({{"main>f", 3}, {"main f", 2}})),
              ElementsAre("root 0/5", ".main 0/5", "..f* 3/3", "..f 2/2"));
}

TEST(FlameTree, OfCallersStartsAtTheLeaves) {
  EXPECT_THAT(
      Rows(ProfileOf({{"main a x", 3}, {"main b x", 4}}), {.direction = Direction::kCallers}),
      ElementsAre("root 0/7", ".x 0/7", "..b 0/4", "...main 4/4", "..a 0/3", "...main 3/3"));
}

TEST(FlameTree, PrunesByMagnitudeAndKeepsTotals) {
  const profile::Profile profile = ProfileOf({{"main a", 98}, {"main b", 1}, {"main c", 1}});
  const FrameTable frames(profile);
  const Result<FlameTree> tree = BuildFlameTree(frames, {.min_fraction = 0.05});
  ASSERT_TRUE(tree.ok());
  EXPECT_THAT(Rows(frames, *tree), ElementsAre("root 0/100", ".main 0/100", "..a 98/98"));
  EXPECT_EQ(tree->pruned, 2U);
  // What cancels in a sum is still worth a look.
  EXPECT_EQ(
      Rows(ProfileOf({{"main a", 50}, {"main a", -50}, {"main a b", 50}}), {.min_fraction = 0.3})
          .size(),
      4U);
}

TEST(FlameTree, FollowsAPath) {
  const profile::Profile profile = ProfileOf({{"main a b", 1}, {"main c", 5}, {"main a", 2}});
  const FrameTable frames(profile);
  const FlameTree whole = *BuildFlameTree(frames, {});
  FlameTreeOptions options;
  options.path = {whole.use[1], whole.use[3]};  // main, a
  const Result<FlameTree> part = BuildFlameTree(frames, options);
  ASSERT_TRUE(part.ok());
  EXPECT_THAT(Rows(frames, *part), ElementsAre("root 2/3", ".b 1/1"));
  EXPECT_EQ(part->use[0].value, whole.use[3].value);
  options.path.push_back(whole.use[1]);
  EXPECT_EQ(BuildFlameTree(frames, options).status().code(), StatusCode::kNotFound);
}

TEST(FlameTree, CountsEmptyStacksAtTheRoot) {
  EXPECT_THAT(Rows(ProfileOf({{"", 3}, {"main", 4}})), ElementsAre("root 3/7", ".main 4/4"));
  EXPECT_THAT(Rows(ProfileOf({})), ElementsAre("root 0/0"));
}

TEST(FlameTree, TakesVeryDeepStacks) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "f ";
  const profile::Profile profile = ProfileOf({{deep, 1}, {deep + "g", 1}});
  const FrameTable frames(profile);
  const Result<FlameTree> tree = BuildFlameTree(frames, {});
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(tree->size(), 100'002U);
  EXPECT_EQ(tree->depth.back(), 100'001U);
  EXPECT_EQ(BuildFlameTree(frames, {.max_rows = 100'002}).ok(), true);
  EXPECT_EQ(BuildFlameTree(frames, {.max_rows = 100'001}).status().code(),
            StatusCode::kResourceExhausted);
}

TEST(FlameTree, RefusesAnUnknownSampleTypeAndStops) {
  const profile::Profile profile = ProfileOf({{"a", 1}});
  const FrameTable frames(profile);
  EXPECT_EQ(BuildFlameTree(frames, {.sample_type = 9}).status().code(),
            StatusCode::kInvalidArgument);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(BuildFlameTree(frames, {}, stop.get_token()).status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace kubediag::report
