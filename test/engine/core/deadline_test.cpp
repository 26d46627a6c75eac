#include "engine/core/deadline.h"

#include <gtest/gtest.h>

#include <limits>

namespace kubediag {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(Deadline, NeverNeverComes) {
  const Deadline never = Deadline::Never();
  EXPECT_FALSE(never.Passed());
  EXPECT_EQ(never.PollTimeout(), -1);
  EXPECT_EQ(never.ToMonotonicNanoseconds(), 0U);
  EXPECT_EQ(never.Left(), Deadline::Clock::duration::max());
}

TEST(Deadline, APassedOneLeavesNothing) {
  const Deadline past = Deadline::After(-hours(1));
  EXPECT_TRUE(past.Passed());
  EXPECT_EQ(past.Left(), Deadline::Clock::duration::zero());
  EXPECT_EQ(past.PollTimeout(), 0);
}

TEST(Deadline, PollTimeoutRoundsUpSoThatPollNeverReturnsEarly) {
  const Deadline soon = Deadline::After(microseconds(1500));
  EXPECT_LE(soon.PollTimeout(), 2);
  EXPECT_GE(Deadline::After(hours(1)).PollTimeout(), 3'599'000);
}

TEST(Deadline, PollTimeoutStaysInRange) {
  EXPECT_EQ(Deadline::After(hours(24 * 365)).PollTimeout(), std::numeric_limits<int32_t>::max());
}

TEST(Deadline, SurvivesTheWayThroughTheAbi) {
  const Deadline deadline = Deadline::After(milliseconds(1234));
  const Deadline back = Deadline::FromMonotonicNanoseconds(deadline.ToMonotonicNanoseconds());
  EXPECT_EQ(back.time(), deadline.time());
  EXPECT_TRUE(Deadline::FromMonotonicNanoseconds(0).IsNever());
}

TEST(Deadline, EarlierPicksTheFirst) {
  const Deadline first = Deadline::After(hours(1));
  EXPECT_EQ(Deadline::Earlier(first, Deadline::Never()).time(), first.time());
  EXPECT_EQ(Deadline::Earlier(Deadline::After(hours(2)), first).time(), first.time());
}

}  // namespace
}  // namespace kubediag
