#include "engine/agent/waiting_table.h"

#include <gtest/gtest.h>

namespace kubediag::agent {
namespace {

TEST(WaitingTable, KeepsTheFirstTimeAndTheLastMessageOfAReason) {
  WaitingTable table;
  const kube::Clock::TimePoint begin{std::chrono::seconds(100)};
  table.Note("uid", "Full", "no place", begin);
  const Waiting later = table.Note("uid", "Full", "still none", begin + std::chrono::seconds(5));
  EXPECT_EQ(later.since, begin);
  EXPECT_EQ(later.message, "still none");
  ASSERT_TRUE(table.Find("uid"));
  EXPECT_EQ(table.Find("uid")->message, "still none");
}

TEST(WaitingTable, AnotherReasonHasATimeOfItsOwn) {
  WaitingTable table;
  const kube::Clock::TimePoint begin{std::chrono::seconds(100)};
  table.Note("uid", "Full", "no place", begin);
  const auto later = begin + std::chrono::seconds(5);
  EXPECT_EQ(table.Note("uid", "Missing", "no set", later).since, later);
}

TEST(WaitingTable, ArrivalIsTheFirstOne) {
  WaitingTable table;
  const kube::Clock::TimePoint begin{std::chrono::seconds(100)};
  EXPECT_EQ(table.Arrive("uid", begin), begin);
  EXPECT_EQ(table.Arrive("uid", begin + std::chrono::seconds(5)), begin);
  table.Forget("uid");
  EXPECT_EQ(table.Arrive("uid", begin + std::chrono::seconds(9)), begin + std::chrono::seconds(9));
}

TEST(WaitingTable, ForgetsTheTimeToo) {
  WaitingTable table;
  const kube::Clock::TimePoint begin{std::chrono::seconds(100)};
  table.Note("uid", "Missing", "no set", begin);
  table.Forget("uid");
  EXPECT_FALSE(table.Find("uid"));
  EXPECT_EQ(table.Note("uid", "Missing", "again", begin + std::chrono::seconds(9)).since,
            begin + std::chrono::seconds(9));
}

}  // namespace
}  // namespace kubediag::agent
