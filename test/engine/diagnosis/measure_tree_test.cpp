#include "engine/diagnosis/measure_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/core/file.h"
#include "engine/diagnosis/tree_entries.h"
#include "test/engine/diagnosis/tree_test.h"
#include "test/engine/host/thread_capabilities.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;

class MeasureTreeTest : public TreeTest {
 protected:
  TreeSize Measure(MeasureLimits limits = {}) const {
    auto size = MeasureTree(fd_.get(), "tree", {}, limits);
    EXPECT_TRUE(size.ok()) << size.status().ToString();
    return size.ok() ? *size : TreeSize();
  }
};

TEST_F(MeasureTreeTest, MeasuresFilesFoldersAndTheYoungestTime) {
  fs::create_directories(root_ / "tree/a");
  std::ofstream(root_ / "tree/a/file") << std::string(kMiB, 'x');
  fs::create_symlink("/etc/passwd", root_ / "tree/link");
  const TreeSize size = Measure();
  EXPECT_TRUE(size.uncounted.ok());
  EXPECT_GE(size.bytes, kMiB);
  EXPECT_LE(size.bytes, kMiB + 64 * kKiB);
  EXPECT_GT(size.newest, std::chrono::system_clock::now() - std::chrono::minutes(5));
}

TEST_F(MeasureTreeTest, MeasuresUpToALimitOfEntries) {
  for (const char* name : {"tree/a", "tree/b"}) fs::create_directories(root_ / name);
  const auto bytes = [this](size_t limit) { return Measure({.entries = limit}).bytes; };
  EXPECT_LT(bytes(1), bytes(2));
  EXPECT_EQ(bytes(2), bytes(3));
  fs::create_directories(root_ / "tree/c");
  EXPECT_LT(bytes(2), bytes(3));
  EXPECT_EQ(Measure({.entries = 2}).uncounted.message(), "more than 2 entries");
  EXPECT_TRUE(Measure({.entries = 3}).uncounted.ok());
}

TEST_F(MeasureTreeTest, FollowsNoLinkOfItsName) {
  fs::create_directories(root_ / "outside/kept");
  fs::create_directory_symlink("outside", root_ / "tree");
  EXPECT_FALSE(MeasureTree(fd_.get(), "tree", {}).ok());
  fs::remove(root_ / "tree");
}

// Wherever the one of many folders is that leads on.
TEST_F(MeasureTreeTest, DepthHidesNothing) {
  constexpr int kDepth = 120;
  constexpr int kSiblings = 6;
  constexpr size_t kNameBytes = 250;
  static_assert(kDepth * kNameBytes > 7 * size_t{PATH_MAX});
  const FewDescriptors few(kDepth / 2);
  {
    const UniqueFd last = MakeDeepTree(kDepth, kSiblings, kNameBytes);
    const UniqueFd file = OpenAt(last.get(), "file", O_WRONLY | O_CREAT).value();
    ASSERT_TRUE(WriteAll(file.get(), std::string(kMiB, 'x')).ok());
  }
  const TreeSize size = Measure();
  EXPECT_TRUE(size.uncounted.ok()) << size.uncounted.ToString();
  EXPECT_GE(size.bytes, kMiB + (kDepth + 1) * (kSiblings + 1) * 4 * kKiB);
}

TEST_F(MeasureTreeTest, ManyFoldersAreCountedOnce) {
  constexpr int kEach = 20;
  for (int i = 0; i < kEach; ++i) {
    for (int j = 0; j < kEach; ++j) {
      fs::create_directories(root_ / "tree" / std::to_string(i) / std::to_string(j) / "last");
    }
  }
  constexpr size_t kEntries = kEach + 2 * kEach * kEach;
  EXPECT_TRUE(Measure({.entries = kEntries}).uncounted.ok());
  EXPECT_FALSE(Measure({.entries = kEntries - 1}).uncounted.ok());
}

TEST_F(MeasureTreeTest, NamesItKeepsHaveALimit) {
  fs::create_directories(root_ / "tree/ab");
  fs::create_directories(root_ / "tree/cd/ef/gh");
  EXPECT_TRUE(Measure({.name_bytes = 4}).uncounted.ok());
  EXPECT_EQ(Measure({.name_bytes = 3}).uncounted.message(),
            "folders with more than 3 bytes of names");
}

TEST_F(MeasureTreeTest, WhatIsClosedToUsIsTold) {
  fs::create_directories(root_ / "tree/closed/inner");
  fs::create_directories(root_ / "tree/no_search/inner");
  std::ofstream(root_ / "tree/after") << std::string(kMiB, 'x');
  const auto told = [&](const std::string& name, mode_t mode) {
    EXPECT_EQ(chmod((root_ / "tree" / name).c_str(), mode), 0);
    TreeSize size;
    host::InThread([&] {
      if (geteuid() == 0) host::GiveUp({CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH});
      size = Measure();
    });
    EXPECT_EQ(chmod((root_ / "tree" / name).c_str(), 0700), 0);
    if (!name.empty()) {
      EXPECT_GE(size.bytes, kMiB) << "the rest counts";
    }
    return size.uncounted.code() == StatusCode::kPermissionDenied;
  };
  EXPECT_TRUE(told("closed", 0));
  EXPECT_TRUE(told("no_search", 0600));
  EXPECT_TRUE(told("", 0600));
  EXPECT_FALSE(told("closed", 0500));
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

}  // namespace
}  // namespace kubediag::diagnosis
