#include "engine/cli/metrics_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "engine/core/file.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::cli {
namespace {

class MetricsFileTest : public testing::Test {
 protected:
  std::string Read() const { return ReadFile(path_, 1000).value(); }

  catalog::Folders folders_;
  const std::string folder_ = folders_.Make("collector");
  const std::string path_ = folder_ + "/kubediag.prom";
};

TEST_F(MetricsFileTest, IsReplacedWholeAndReadableAsTheUmaskSays) {
  const mode_t before = umask(022);
  MetricsFile file(path_, [] { return std::string("a 1\n"); });
  EXPECT_TRUE(file.Write().ok());
  umask(before);
  EXPECT_EQ(Read(), "a 1\n");
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0644U);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(MetricsFileTest, LeavesNothingHalfWhenItCannotBeReplaced) {
  std::filesystem::create_directories(path_ + "/in-the-way");
  MetricsFile file(path_, [] { return std::string("a 1\n"); });
  EXPECT_FALSE(file.Write().ok());
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(MetricsFileTest, IsKeptFreshUntilItsEndAndToldOnceWhenThatFails) {
  std::atomic<int> written = 0;
  std::atomic<int> failed = 0;
  {
    MetricsFile file(path_, [&written] { return std::to_string(++written); });
    file.KeepFresh(std::chrono::milliseconds(1), [&failed](const Status&) { ++failed; });
    while (written < 3) std::this_thread::yield();
    EXPECT_EQ(failed, 0);
    std::filesystem::rename(folder_, folders_.Path("elsewhere"));
    while (failed == 0) std::this_thread::yield();
  }
  EXPECT_EQ(failed, 1);
}

TEST(CheckMetricsFile, WantsTheNameOfAFile) {
  EXPECT_TRUE(CheckMetricsFile("kubediag.prom").ok());
  EXPECT_TRUE(CheckMetricsFile("/no/such/folder/kubediag.prom").ok());
  for (const char* path : {"", "/tmp", "folder/"})
    EXPECT_FALSE(CheckMetricsFile(path).ok()) << path;
}

}  // namespace
}  // namespace kubediag::cli
