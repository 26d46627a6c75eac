#include "engine/agent/run_table.h"

#include <gtest/gtest.h>

namespace kubediag::agent {
namespace {

using diagnosis::CancelCause;

const kube::ObjectKey kKey{.namespace_name = "default", .name = "a"};

TEST(RunTable, HasOneRunOfAnObjectAtATime) {
  RunTable table;
  EXPECT_NE(table.Begin("uid", kKey), nullptr);
  EXPECT_EQ(table.Begin("uid", kKey), nullptr);
  EXPECT_TRUE(table.Has("uid"));
  table.End("uid");
  EXPECT_FALSE(table.Has("uid"));
  EXPECT_NE(table.Begin("uid", kKey), nullptr);
}

TEST(RunTable, CancelsTheRunThatIsMeant) {
  RunTable table;
  const auto one = table.Begin("one", kKey);
  const auto two = table.Begin("two", kKey);
  table.Cancel("one", CancelCause::kDeleted);
  table.Cancel("three", CancelCause::kDeleted);
  EXPECT_EQ(one->cancellation.cause(), CancelCause::kDeleted);
  EXPECT_FALSE(two->cancellation.requested());
}

TEST(RunTable, TheFirstCauseCounts) {
  RunTable table;
  const auto run = table.Begin("uid", kKey);
  table.Cancel("uid", CancelCause::kSuspended);
  table.CancelAll(CancelCause::kShutdown);
  EXPECT_EQ(run->cancellation.cause(), CancelCause::kSuspended);
}

TEST(RunTable, BeginsNothingOnceAllAreBeingEnded) {
  RunTable table;
  const auto run = table.Begin("uid", kKey);
  table.CancelAll(CancelCause::kShutdown);
  EXPECT_EQ(run->cancellation.cause(), CancelCause::kShutdown);
  EXPECT_EQ(table.Begin("other", kKey), nullptr);
  EXPECT_EQ(table.size(), 1U);
}

}  // namespace
}  // namespace kubediag::agent
