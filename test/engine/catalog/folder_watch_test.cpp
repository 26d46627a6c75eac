#include "engine/catalog/folder_watch.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "engine/catalog/module_file.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::catalog {
namespace {

// The kernel queues an event before the call that caused it returns, so none of these tests waits.
class FolderWatchTest : public testing::Test {
 protected:
  FolderWatch Watch(const std::vector<std::string>& paths) {
    Result<FolderWatch> watch = FolderWatch::Open(paths, IsModuleName);
    EXPECT_TRUE(watch.ok()) << watch.status().ToString();
    return *std::move(watch);
  }
  Folders folders_;
};

TEST_F(FolderWatchTest, ReportsAModuleThatIsWrittenMovedOrDeleted) {
  const std::string folder = folders_.Make("operations");
  FolderWatch watch = Watch({folder});
  EXPECT_FALSE(watch.Drain());

  folders_.Write("operations/a.so", "x");
  EXPECT_TRUE(watch.Drain());
  std::filesystem::rename(folders_.Write("b", "x"), folder + "/b.so");
  EXPECT_TRUE(watch.Drain());
  std::filesystem::create_hard_link(folder + "/b.so", folder + "/c.so");
  EXPECT_TRUE(watch.Drain());
  chmod((folder + "/c.so").c_str(), 0600);
  EXPECT_TRUE(watch.Drain());
  std::filesystem::remove(folder + "/a.so");
  EXPECT_TRUE(watch.Drain());
  EXPECT_FALSE(watch.Drain());
}

TEST_F(FolderWatchTest, IgnoresFilesTheFilterDoesNotTake) {
  FolderWatch watch = Watch({folders_.Make("operations")});
  folders_.Write("operations/notes.txt", "x");
  EXPECT_FALSE(watch.Drain());
}

TEST_F(FolderWatchTest, FollowsTheWayToAMissingFolder) {
  FolderWatch watch = Watch({folders_.Path("far/away/operations")});
  folders_.Write("unrelated", "x");
  EXPECT_FALSE(watch.Drain());

  folders_.Make("far");
  EXPECT_TRUE(watch.Drain());
  watch.Rearm();
  folders_.Make("far/away/operations");
  EXPECT_TRUE(watch.Drain());
  watch.Rearm();
  folders_.Write("far/away/operations/a.so", "x");
  EXPECT_TRUE(watch.Drain());
}

TEST_F(FolderWatchTest, NoticesThatAFolderIsReplacedByAnother) {
  const std::string folder = folders_.Make("operations");
  FolderWatch watch = Watch({folder});
  std::filesystem::rename(folder, folders_.Path("old"));
  folders_.Make("operations");
  EXPECT_TRUE(watch.Drain());
  watch.Rearm();
  watch.Drain();

  folders_.Write("old/a.so", "x");
  EXPECT_FALSE(watch.Drain());
  folders_.Write("operations/a.so", "x");
  EXPECT_TRUE(watch.Drain());
}

TEST_F(FolderWatchTest, NoticesThatASymbolicLinkToAFolderIsSwitched) {
  const std::string link = folders_.Path("operations");
  std::filesystem::create_directory_symlink(folders_.Make("v1"), link);
  FolderWatch watch = Watch({link});
  std::filesystem::create_directory_symlink(folders_.Make("v2"), folders_.Path("next"));
  watch.Drain();
  std::filesystem::rename(folders_.Path("next"), link);
  EXPECT_TRUE(watch.Drain());
  watch.Rearm();
  folders_.Write("v2/a.so", "x");
  EXPECT_TRUE(watch.Drain());
}

TEST_F(FolderWatchTest, ReportsAChangeWhenTheKernelHasDroppedEvents) {
  std::ifstream setting("/proc/sys/fs/inotify/max_queued_events");
  int queue = 0;
  setting >> queue;
  if (queue <= 0 || queue > 100'000) GTEST_SKIP() << "the queue is too long to fill: " << queue;
  folders_.Make("operations");
  FolderWatch watch = Watch({folders_.Path("operations")});
  // Neighbouring equal events are merged, so two files take turns.
  const std::string a = folders_.Write("operations/a.txt", "x");
  const std::string b = folders_.Write("operations/b.txt", "x");
  EXPECT_FALSE(watch.Drain());
  for (int i = 0; i <= queue / 2 + 1; ++i) {
    chmod(a.c_str(), 0600);
    chmod(b.c_str(), 0600);
  }
  EXPECT_TRUE(watch.Drain());
}

TEST_F(FolderWatchTest, IsReadableForPollOnlyWithEventsQueued) {
  FolderWatch watch = Watch({folders_.Make("operations")});
  pollfd source{watch.fd(), POLLIN, 0};
  EXPECT_EQ(poll(&source, 1, 0), 0);
  folders_.Write("operations/a.so", "x");
  EXPECT_EQ(poll(&source, 1, 0), 1);
  watch.Drain();
  EXPECT_EQ(poll(&source, 1, 0), 0);
}

}  // namespace
}  // namespace kubediag::catalog
