#include "engine/cli/object_watch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

class ObjectWatchTest : public KubediagTest {
 protected:
  ObjectWatchTest() : manifests_({folders_.Make("inbox")}) { manifests_.AllowLateFiles(); }
  ObjectChanges Read() { return watch_.Apply(manifests_.Read()); }

  Manifests manifests_;
  store::FileStore store_;
  ObjectWatch watch_{store_};
};

TEST_F(ObjectWatchTest, HandsOutADiagnosisOnceItsSetIsThere) {
  folders_.Write("inbox/a.yaml", Diagnosis("one", "answers"));
  ObjectChanges changes = Read();
  EXPECT_TRUE(changes.ready.empty());
  ASSERT_EQ(changes.waiting.size(), 1U);
  EXPECT_TRUE(Read().waiting.empty());

  folders_.Write("inbox/b.yaml", Chain("answers", {"answer"}));
  changes = Read();
  ASSERT_EQ(changes.ready.size(), 1U);
  EXPECT_EQ(changes.ready[0].metadata.name, "one");
  EXPECT_TRUE(Read().ready.empty());
}

TEST_F(ObjectWatchTest, ReportsRemovalOnlyWhileAllFilesCanBeRead) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers"));
  ASSERT_EQ(Read().ready.size(), 1U);

  folders_.Write("inbox/one.yaml", "kind: [");
  EXPECT_TRUE(Read().removed.empty());
  folders_.Write("inbox/one.yaml", "");
  const ObjectChanges changes = Read();
  ASSERT_EQ(changes.removed.size(), 1U);
  EXPECT_EQ(changes.removed[0].metadata.name, "one");
  EXPECT_FALSE(store_.GetDiagnosis("default", "one").ok());
}

TEST_F(ObjectWatchTest, TakesNothingForRemovedWhileAFileIsBeingWritten) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers"));
  ASSERT_EQ(Read().ready.size(), 1U);
  {
    const std::ofstream writer(folders_.Path("inbox/one.yaml"), std::ios::app);
    const ObjectChanges changes = Read();
    EXPECT_TRUE(changes.removed.empty());
    EXPECT_TRUE(changes.ready.empty());
  }
  const ObjectChanges changes = Read();
  EXPECT_TRUE(changes.removed.empty());
  EXPECT_TRUE(changes.ready.empty()) << "it has not changed";
}

TEST_F(ObjectWatchTest, ReportsEachFindingOnceUntilItIsGone) {
  folders_.Write("inbox/one.yaml", "kind: [");
  EXPECT_FALSE(Read().diagnostics.empty());
  EXPECT_TRUE(Read().diagnostics.empty());
  folders_.Write("inbox/one.yaml", "");
  EXPECT_TRUE(Read().diagnostics.empty());
  folders_.Write("inbox/one.yaml", "kind: [");
  EXPECT_FALSE(Read().diagnostics.empty());
}

}  // namespace
}  // namespace kubediag::cli
