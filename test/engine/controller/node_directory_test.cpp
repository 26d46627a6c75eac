#include "engine/controller/node_directory.h"

#include "engine/core/limits.h"
#include "test/engine/controller/fixture.h"

namespace kubediag::controller {
namespace {

class NodeDirectoryTest : public ControllerFixture {
 protected:
  void PutNode() {
    api_.Put(NodePath("n"), R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}})");
  }
  NodeState Look() { return directory_.Look("n", never_); }

  NodeDirectory directory_{client_, clock_};
};

TEST_F(NodeDirectoryTest, RemembersAnAnswerForAWhile) {
  PutNode();
  EXPECT_EQ(Look(), NodeState::kPresent);
  api_.Remove(NodePath("n"));
  EXPECT_EQ(Look(), NodeState::kPresent);
  EXPECT_EQ(api_.Count("GET"), 1);
  clock_.Advance(kNodeMemory);
  EXPECT_EQ(Look(), NodeState::kGone);
  clock_.Advance(kNodeMemory);
  EXPECT_EQ(Look(), NodeState::kGone);
  PutNode();
  clock_.Advance(kNodeMemory);
  EXPECT_EQ(Look(), NodeState::kPresent);
}

TEST_F(NodeDirectoryTest, KnowsWhatWasNeverThere) {
  EXPECT_EQ(Look(), NodeState::kAbsent);
  EXPECT_EQ(directory_.Look("no name", never_), NodeState::kAbsent);
}

TEST_F(NodeDirectoryTest, RefusalSaysNothing) {
  PutNode();
  EXPECT_EQ(Look(), NodeState::kPresent);
  clock_.Advance(kNodeMemory);
  api_.Refuse("GET", 403, R"({"reason":"Forbidden"})");
  EXPECT_EQ(Look(), NodeState::kUnknown);
  EXPECT_EQ(Look(), NodeState::kPresent);
}

}  // namespace
}  // namespace kubediag::controller
