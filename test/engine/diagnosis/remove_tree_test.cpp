#include "engine/diagnosis/remove_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/core/file.h"
#include "engine/core/limits.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;

class TreeTest : public testing::Test {
 protected:
  TreeTest() {
    std::string pattern = testing::TempDir() + "kubediag-tree-XXXXXX";
    root_ = mkdtemp(pattern.data());
    fd_ = OpenDirectory(root_).value();
  }
  ~TreeTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Status Remove(const std::string& name) { return RemoveTree(fd_.get(), name, {}); }

  fs::path root_;
  UniqueFd fd_;
};

TEST_F(TreeTest, RemovesWhatIsInItAndNothingElse) {
  fs::create_directories(root_ / "outside");
  std::ofstream(root_ / "outside/precious") << "x";
  fs::create_directories(root_ / "tree/a/b/c");
  fs::create_directories(root_ / "tree/a/empty");
  std::ofstream(root_ / "tree/a/b/file") << "x";
  fs::create_directory_symlink("../outside", root_ / "tree/link");
  fs::create_directory_symlink("../../../outside", root_ / "tree/a/b/link");
  fs::create_hard_link(root_ / "outside/precious", root_ / "tree/a/precious");
  ASSERT_EQ(mkfifo((root_ / "tree/pipe").c_str(), 0600), 0);

  const Status status = Remove("tree");

  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_FALSE(fs::exists(root_ / "tree"));
  EXPECT_TRUE(fs::exists(root_ / "outside/precious"));
}

TEST_F(TreeTest, FollowsNoLinkOfItsName) {
  fs::create_directories(root_ / "outside/kept");
  fs::create_directory_symlink("outside", root_ / "tree");
  EXPECT_FALSE(Remove("tree").ok());
  EXPECT_FALSE(Remove("outside/../tree").ok());
  EXPECT_FALSE(MeasureTree(fd_.get(), "tree", {}).ok());
  EXPECT_TRUE(fs::exists(root_ / "outside/kept"));
}

TEST_F(TreeTest, DepthCostsNothing) {
  fs::create_directory(root_ / "tree");
  UniqueFd at = OpenAt(fd_.get(), "tree", O_RDONLY | O_DIRECTORY).value();
  constexpr int kDepth = 5000;  // more than a path may have, or a process descriptors
  for (int depth = 0; depth < kDepth; ++depth) {
    ASSERT_EQ(mkdirat(at.get(), "deeper", 0700), 0);
    at = OpenAt(at.get(), "deeper", O_RDONLY | O_DIRECTORY).value();
  }
  at.Reset();
  EXPECT_TRUE(MeasureTree(fd_.get(), "tree", {}).ok());
  const Status status = Remove("tree");
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_FALSE(fs::exists(root_ / "tree"));
}

TEST_F(TreeTest, OpensFoldersThatAnOperationHasClosed) {
  fs::create_directories(root_ / "tree/closed/inner");
  fs::permissions(root_ / "tree/closed/inner", fs::perms::none);
  fs::permissions(root_ / "tree/closed", fs::perms::none);
  const Status status = Remove("tree");
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(TreeTest, StopsWhenAskedAndGoesOnLater) {
  fs::create_directories(root_ / "tree/a/b");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(RemoveTree(fd_.get(), "tree", stop.get_token()).code(), StatusCode::kCancelled);
  EXPECT_TRUE(Remove("tree").ok());
}

TEST_F(TreeTest, MeasuresFilesFoldersAndTheYoungestTime) {
  fs::create_directories(root_ / "tree/a");
  std::ofstream(root_ / "tree/a/file") << std::string(kMiB, 'x');
  fs::create_symlink("/etc/passwd", root_ / "tree/link");
  const auto size = MeasureTree(fd_.get(), "tree", {});
  ASSERT_TRUE(size.ok());
  EXPECT_GE(size->bytes, kMiB);
  EXPECT_LE(size->bytes, kMiB + 64 * kKiB);
  EXPECT_GT(size->newest, std::chrono::system_clock::now() - std::chrono::minutes(5));
}

}  // namespace
}  // namespace kubediag::diagnosis
