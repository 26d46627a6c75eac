#include "engine/core/nearest_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubediag {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kNames = {"go-profiler", "http-server", "script-runner", "function"};

TEST(NearestNames, FindsASlipOfTheFinger) {
  EXPECT_THAT(NearestNames("go-profilr", kNames), ElementsAre("go-profiler"));
  EXPECT_THAT(NearestNames("htpp-server", kNames), ElementsAre("http-server"));
}

TEST(NearestNames, CountsTwoLettersInTheWrongOrderAsOneSlip) {
  EXPECT_THAT(NearestNames("rnu", {"run", "version"}), ElementsAre("run"));
  EXPECT_THAT(NearestNames("", {"run"}), IsEmpty());
}

TEST(NearestNames, FindsANameThatContainsTheOther) {
  EXPECT_THAT(NearestNames("script", kNames), ElementsAre("script-runner"));
}

TEST(NearestNames, GivesNothingWhereNothingIsNear) {
  EXPECT_THAT(NearestNames("tcpdump", kNames), IsEmpty());
  EXPECT_THAT(NearestNames(std::string(4096, 'g'), kNames), IsEmpty());
}

TEST(NearestNames, DoesNotTakeACommonBeginningOfDottedNamesForNearness) {
  const std::vector<std::string> names = {"param.diagnoser.runtime.go_profiler.source",
                                          "param.diagnoser.runtime.go_profiler.type"};
  EXPECT_THAT(NearestNames("param.diagnoser.runtime.go_profiler.foo", names), IsEmpty());
  EXPECT_THAT(NearestNames("param.diagnoser.runtime.go_profiler.sorce", names),
              ElementsAre(names[0]));
  EXPECT_THAT(NearestNames("param.diagnoser.runtim.go_profiler.type", names),
              testing::Contains(names[1]));
}

TEST(NearestNames, GivesThreeAtMostNearestFirst) {
  EXPECT_THAT(NearestNames("aaaaaa", {"aaabbb", "aaaabb", "aaaaab", "aaaaaa"}),
              ElementsAre("aaaaaa", "aaaaab", "aaaabb"));
}

TEST(NearestName, CountsLetterCaseForNothing) {
  constexpr std::string_view kKnown[] = {"adjacencyList", "strategy", "to"};
  EXPECT_EQ(NearestName("adjacencylist", kKnown), "adjacencyList");
  EXPECT_EQ(NearestName("stratgy", kKnown), "strategy");
  EXPECT_EQ(NearestName("something", kKnown), "");
  EXPECT_THAT(NearestNames("GO-Profiler", kNames), ElementsAre("go-profiler"));
}

TEST(NearestName, GivesTheFirstOfEquallyNearOnes) {
  constexpr std::string_view kKnown[] = {"spec", "speb", "spea"};
  EXPECT_EQ(NearestName("spez", kKnown), "spec");
}

}  // namespace
}  // namespace kubediag
