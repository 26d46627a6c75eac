#include "engine/agent/node_store.h"

#include "test/engine/agent/fixture.h"

namespace kubediag::agent {
namespace {

class NodeStoreTest : public AgentFixture {
 protected:
  bool synced_ = true;
  NodeStore node_store_{store_, cache_, [this] { return synced_; }};
};

TEST_F(NodeStoreTest, ListsWhatTheWatchHasToldAndAsksNobody) {
  Put("d", {{"phase", "Succeeded"}});
  const auto listed = node_store_.ListDiagnoses();
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().status.phase, api::Phase::kSucceeded);
  EXPECT_TRUE(api_.Seen().empty());
}

TEST_F(NodeStoreTest, KnowsNothingBeforeTheFirstList) {
  synced_ = false;
  EXPECT_EQ(node_store_.ListDiagnoses().status().code(), StatusCode::kUnavailable);
}

// Or its data would be taken for those of a Diagnosis that is gone.
TEST_F(NodeStoreTest, ListsWhatCannotBeReadAsUnfinished) {
  Put("d", {{"phase", "Succeeded"}}, {{"parameters", "none"}});
  ASSERT_FALSE(cache_.List().front()->problem.empty());
  const auto listed = node_store_.ListDiagnoses();
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().metadata.uid, UidOf("d"));
  EXPECT_EQ(listed->front().status.phase, api::Phase::kNone);
}

}  // namespace
}  // namespace kubediag::agent
