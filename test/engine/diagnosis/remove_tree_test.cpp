#include "engine/diagnosis/remove_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/core/file.h"
#include "engine/diagnosis/measure_tree.h"
#include "engine/diagnosis/tree_entries.h"
#include "test/engine/diagnosis/tree_test.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;

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
  EXPECT_TRUE(fs::exists(root_ / "outside/kept"));
}

TEST_F(TreeTest, DepthCostsNothing) {
  const FewDescriptors few(100);
  MakeDeepTree(250);  // more than a path may have, or this process descriptors
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

// Runs `body` in a child with mounts of its own; false if the system does not let it have them.
bool WithMounts(const std::function<bool()>& mount_all, const std::function<bool()>& body,
                bool& passed) {
  constexpr int kNoMounts = 77;
  const pid_t child = fork();
  if (child == 0) {
    const bool own = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 || unshare(CLONE_NEWNS) == 0;
    if (!own || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 || !mount_all()) {
      _exit(kNoMounts);
    }
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return !(WIFEXITED(status) && WEXITSTATUS(status) == kNoMounts);
}

TEST_F(TreeTest, LeavesAloneWhatIsMountedInIt) {
  fs::create_directories(root_ / "elsewhere");
  std::ofstream(root_ / "elsewhere/precious") << "x";
  fs::create_directories(root_ / "tree/a/mounted");
  fs::create_directories(root_ / "mount");
  bool passed = false;
  const auto bind = [this](const char* at) {
    return mount((root_ / "elsewhere").c_str(), (root_ / at).c_str(), nullptr, MS_BIND, nullptr) ==
           0;
  };
  const bool ran = WithMounts(
      [&] { return bind("tree/a/mounted") && bind("mount"); },
      [&] {
        fd_ = OpenDirectory(root_).value();  // the one from before knows nothing of the mounts
        const auto reason = [](const auto& result) { return result.status().reason(); };
        const bool measured = reason(MeasureTree(fd_.get(), "tree", {})) == kReasonMountedHere &&
                              reason(MeasureTree(fd_.get(), "mount", {})) == kReasonMountedHere;
        const bool removed = Remove("tree").ok() || Remove("mount").ok();
        return measured && !removed && fs::exists(root_ / "elsewhere/precious");
      },
      passed);
  if (!ran) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_TRUE(passed);
  EXPECT_TRUE(fs::exists(root_ / "elsewhere/precious"));
}

}  // namespace
}  // namespace kubediag::diagnosis
