#include "engine/cli/metrics_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/file.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class MetricsFileTest : public testing::Test {
 protected:
  std::string Read() const { return Content(path_); }
  static std::string Content(const std::string& path) {
    const Result<std::string> content = ReadFile(path, 1000);
    return content.ok() ? *content : content.status().ToString();
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

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
  EXPECT_THAT(Names(), ElementsAre("kubediag.prom"));
}

TEST_F(MetricsFileTest, IsWrittenWhereTheProgramStandsIfItsNameHasNoFolder) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  EXPECT_TRUE(MetricsFile("kubediag.prom", [] { return std::string("a 1\n"); }).Write().ok());
  std::filesystem::current_path(before);
  EXPECT_EQ(Read(), "a 1\n");
}

TEST_F(MetricsFileTest, LeavesItsNeighboursAlone) {
  const std::string neighbour = folders_.Write("collector/kubediag.prom.new", "somebody's");
  MetricsFile file(path_, [] { return std::string("a 1\n"); });
  EXPECT_TRUE(file.Write().ok());
  EXPECT_EQ(Content(neighbour), "somebody's");
}

TEST_F(MetricsFileTest, ReplacesNoPipeAndNoLink) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  MetricsFile file(path_, [] { return std::string("a 1\n"); });
  EXPECT_THAT(file.Write().message(), HasSubstr("is a device, pipe or socket"));
  EXPECT_TRUE(std::filesystem::is_fifo(path_));

  std::filesystem::remove(path_);
  const std::string target = folders_.Write("target", "somebody's");
  std::filesystem::create_symlink(target, path_);
  EXPECT_THAT(file.Write().message(), HasSubstr("is a symbolic link; name the file itself"));
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(Content(target), "somebody's");
  EXPECT_THAT(Names(), ElementsAre("kubediag.prom"));
}

TEST_F(MetricsFileTest, LeavesNothingHalfAndTheFormerFileWhenTheDiskIsFull) {
  folders_.Write("collector/kubediag.prom", "before");
  rlimit unlimited{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  // Too large a file is refused as a full disk refuses it.
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{3, unlimited.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = MetricsFile(path_, [] { return std::string("a 1\n"); }).Write();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(status.message(), HasSubstr("metrics file " + path_));
  EXPECT_EQ(Read(), "before");
  EXPECT_THAT(Names(), ElementsAre("kubediag.prom"));
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
  for (const char* path : {"", "/tmp", "folder/", "/dev/null", "/dev/stdout", "/proc/self"})
    EXPECT_FALSE(CheckMetricsFile(path).ok()) << path;
}

}  // namespace
}  // namespace kubediag::cli
