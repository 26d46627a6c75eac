#include "engine/agent/waiting_table.h"

#include <gtest/gtest.h>

namespace kubediag::agent {
namespace {

TEST(WaitingTable, KeepsTheFirstTimeAndTheLastMessage) {
  WaitingTable table;
  const kube::Clock::TimePoint begin{std::chrono::seconds(100)};
  table.Note("uid", "no set", begin);
  const Waiting later = table.Note("uid", "no place", begin + std::chrono::seconds(5));
  EXPECT_EQ(later.since, begin);
  EXPECT_EQ(later.message, "no place");
  ASSERT_TRUE(table.Find("uid"));
  EXPECT_EQ(table.Find("uid")->message, "no place");
}

TEST(WaitingTable, ForgetsTheTimeToo) {
  WaitingTable table;
  const kube::Clock::TimePoint begin{std::chrono::seconds(100)};
  table.Note("uid", "no set", begin);
  table.Forget("uid");
  EXPECT_FALSE(table.Find("uid"));
  EXPECT_EQ(table.Note("uid", "again", begin + std::chrono::seconds(9)).since,
            begin + std::chrono::seconds(9));
}

}  // namespace
}  // namespace kubediag::agent
