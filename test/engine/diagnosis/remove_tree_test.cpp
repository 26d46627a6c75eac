#include "engine/diagnosis/remove_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <fstream>
#include <functional>

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

// The process may have `limit` descriptors, until this is destroyed.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t limit) {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit few{.rlim_cur = limit, .rlim_max = before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(TreeTest, DepthCostsNothing) {
  fs::create_directory(root_ / "tree");
  UniqueFd at = OpenAt(fd_.get(), "tree", O_RDONLY | O_DIRECTORY).value();
  const std::string name(20, 'd');
  constexpr int kDepth = 250;  // more than a path may have, or this process descriptors
  ASSERT_GT(name.size() * kDepth, static_cast<size_t>(PATH_MAX));
  const FewDescriptors few(kDepth / 2);
  for (int depth = 0; depth < kDepth; ++depth) {
    ASSERT_EQ(mkdirat(at.get(), name.c_str(), 0700), 0);
    at = OpenAt(at.get(), name, O_RDONLY | O_DIRECTORY).value();
  }
  at.Reset();
  const auto size = MeasureTree(fd_.get(), "tree", {});
  ASSERT_TRUE(size.ok());
  EXPECT_GE(size->bytes, (kDepth + 1) * 4 * kKiB) << "what no path reaches counts too";
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

TEST_F(TreeTest, MeasuresUpToALimitOfEntries) {
  for (const char* name : {"tree/a", "tree/b"}) fs::create_directories(root_ / name);
  const auto bytes = [this](size_t limit) {
    return MeasureTree(fd_.get(), "tree", {}, limit)->bytes;
  };
  EXPECT_LT(bytes(1), bytes(2));
  EXPECT_EQ(bytes(2), bytes(3));
  fs::create_directories(root_ / "tree/c");
  EXPECT_LT(bytes(2), bytes(3));
}

TEST(ChangeTime, IsTheKernelsAndNotTheOwners) {
  struct stat info {};
  info.st_ctim = {.tv_sec = 1, .tv_nsec = 5000};
  info.st_mtim = {.tv_sec = 13'569'465'600, .tv_nsec = 0};  // the year 2400
  EXPECT_EQ(ChangeTimeOf(info).time_since_epoch(),
            std::chrono::seconds(1) + std::chrono::microseconds(5));
}

TEST(ChangeTime, BeyondWhatAClockCountsIsItsEnd) {
  using Time = std::chrono::system_clock::time_point;
  struct stat info {};
  info.st_ctim = {.tv_sec = 13'569'465'600, .tv_nsec = 999'999'999};
  EXPECT_EQ(ChangeTimeOf(info), Time::max());
  info.st_ctim = {.tv_sec = 9'223'372'036, .tv_nsec = 999'999'999};
  EXPECT_EQ(ChangeTimeOf(info), Time::max());
  info.st_ctim = {.tv_sec = -13'569'465'600, .tv_nsec = 999'999'999};
  EXPECT_EQ(ChangeTimeOf(info), Time::min());
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
        const bool measured = reason(MeasureTree(fd_.get(), "tree", {})) == "MountedHere" &&
                              reason(MeasureTree(fd_.get(), "mount", {})) == "MountedHere";
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
