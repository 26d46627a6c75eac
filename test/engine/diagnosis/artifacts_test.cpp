#include "engine/diagnosis/artifacts.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/api/time.h"
#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

class ArtifactsTest : public ExecutorTest {
 protected:
  ArtifactsTest() : root(OpenDirectory(options.data_root).value()) {
    folder = MakeArtifactFolder(root.get(), "collected", {}, api::Now()).value();
  }

  UniqueFd Make(const std::string& name) {
    return OpenAt(folder.directory.get(), name, O_WRONLY | O_CREAT).value();
  }

  UniqueFd root;
  ArtifactFolder folder;
};

TEST_F(ArtifactsTest, AreDescribedBySizeAndDigest) {
  ASSERT_TRUE(WriteAll(Make("a.txt").get(), "abc").ok());
  const auto files = DescribeArtifacts(folder, {{"key", "a.txt"}});
  ASSERT_TRUE(files.ok()) << files.status().ToString();
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ(files->front().path, folder.relative_path + "/a.txt");
  EXPECT_EQ(files->front().size, 3);
  EXPECT_EQ(files->front().sha256, Sha256Hex("abc"));
}

TEST_F(ArtifactsTest, AreNotReadBeyondTheirCap) {
  // All holes: costs no disk.
  ASSERT_EQ(ftruncate(Make("past").get(), static_cast<off_t>(kMaxRunArtifactBytes) + 1), 0);
  EXPECT_EQ(DescribeArtifacts(folder, {{"k", "past"}}).status().reason(), "ResultLimit");
}

TEST_F(ArtifactsTest, OneThatIsNotThereOrLeavesTheFolderIsMissing) {
  ASSERT_EQ(symlinkat("/etc/hostname", folder.directory.get(), "link"), 0);
  // A second name of a file that need not be the operation's.
  ASSERT_TRUE(OpenAt(root.get(), "private", O_WRONLY | O_CREAT).ok());
  ASSERT_EQ(linkat(root.get(), "private", folder.directory.get(), "hard_link", 0), 0);
  for (const char* path : {"absent", "link", "hard_link", "../../etc/hostname"}) {
    EXPECT_EQ(DescribeArtifacts(folder, {{"k", path}}).status().reason(), "ArtifactMissing")
        << path;
  }
}

TEST_F(ArtifactsTest, AFolderThatIsBeingRemovedIsNotOpenedAgain) {
  const std::string path = folder.relative_path;
  EXPECT_TRUE(ReopenArtifactFolder(root.get(), path).ok());
  folder.directory.Reset();
  {
    const UniqueFd remover = OpenAt(root.get(), path, O_RDONLY | O_DIRECTORY).value();
    ASSERT_EQ(flock(remover.get(), LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(ReopenArtifactFolder(root.get(), path).status().code(), StatusCode::kNotFound);
  }
  EXPECT_TRUE(ReopenArtifactFolder(root.get(), path).ok());
}

}  // namespace
}  // namespace kubediag::diagnosis
