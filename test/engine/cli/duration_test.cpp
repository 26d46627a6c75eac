#include "engine/cli/duration.h"

#include <gtest/gtest.h>

namespace kubediag::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ParseDuration, TakesWholeNumbersWithUnits) {
  EXPECT_EQ(*ParseDuration("240h"), hours(240));
  EXPECT_EQ(*ParseDuration("30m"), minutes(30));
  EXPECT_EQ(*ParseDuration("1h30m10s"), hours(1) + minutes(30) + seconds(10));
  EXPECT_EQ(*ParseDuration("0"), seconds(0));
  EXPECT_EQ(*ParseDuration("0s"), seconds(0));
  EXPECT_EQ(*ParseDuration("87658h"), hours(87658)) << "a little less than ten years";
}

TEST(ParseDuration, RefusesWhatIsNone) {
  for (const char* text : {"", "30", "h", "-1h", "1.5h", "1 h", "1d", "1hm", "1h ", "500ms",
                           "99999999999h", "4294967295h", "87660h"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kubediag::cli
