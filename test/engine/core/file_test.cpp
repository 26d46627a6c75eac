#include "engine/core/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kubediag {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = (fs::temp_directory_path() / "kubediag-file-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    directory_ = std::move(*OpenDirectory(root_));
  }
  ~FileTest() override { fs::remove_all(root_); }

  void Put(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }

  fs::path root_;
  UniqueFd directory_;
};

TEST_F(FileTest, ReadFileTakesExactlyTheCapAndRefusesOneByteMore) {
  Put("a", std::string(100, 'x'));
  EXPECT_EQ(ReadFile(root_ / "a", 100)->size(), 100U);
  const Status status = ReadFile(root_ / "a", 99).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), (root_ / "a").string() + " is larger than 99 bytes");
}

TEST_F(FileTest, ReadFileNamesTheMissingPath) {
  const Status status = ReadFile(root_ / "none", 10).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.message().find("none"), std::string::npos);
}

TEST_F(FileTest, OpenAtStaysBeneathTheDirectory) {
  fs::create_symlink("/etc", root_ / "link");
  Put("inside", "text");
  EXPECT_TRUE(OpenAt(directory_.get(), "inside", O_RDONLY).ok());
  EXPECT_FALSE(
      OpenAt(directory_.get(), "../" + root_.filename().string() + "/inside", O_RDONLY).ok());
  EXPECT_FALSE(OpenAt(directory_.get(), "/etc/passwd", O_RDONLY).ok());
  EXPECT_FALSE(OpenAt(directory_.get(), "link/passwd", O_RDONLY).ok());
}

TEST_F(FileTest, MakeDirectoryAtMakesPrivateFoldersAndRefusesTricks) {
  EXPECT_TRUE(MakeDirectoryAt(directory_.get(), "a/b/c").ok());
  struct stat info {};
  ASSERT_EQ(stat((root_ / "a/b/c").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  EXPECT_TRUE(MakeDirectoryAt(directory_.get(), "a/b/c").ok());
  EXPECT_FALSE(MakeDirectoryAt(directory_.get(), "a/../../x").ok());
  fs::create_symlink("/tmp", root_ / "link");
  EXPECT_FALSE(MakeDirectoryAt(directory_.get(), "link/x").ok());
}

TEST_F(FileTest, MakeDirectoryMakesTheParentsToo) {
  EXPECT_TRUE(MakeDirectory(root_ / "x/y/z").ok());
  EXPECT_TRUE(fs::is_directory(root_ / "x/y/z"));
  Put("file", "");
  EXPECT_FALSE(MakeDirectory(root_ / "file/below").ok());
}

TEST_F(FileTest, ReplaceFileAtLeavesOnlyTheNewContent) {
  ASSERT_TRUE(ReplaceFileAt(directory_.get(), "name", "old").ok());
  ASSERT_TRUE(ReplaceFileAt(directory_.get(), "name", "new").ok());
  EXPECT_EQ(*ReadFile(root_ / "name", 10), "new");
  struct stat info {};
  ASSERT_EQ(stat((root_ / "name").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), fs::directory_iterator()), 1);
}

TEST_F(FileTest, ReplaceFileAtRefusesPathsAndCleansUpAfterAFailure) {
  EXPECT_FALSE(ReplaceFileAt(directory_.get(), "a/b", "x").ok());
  EXPECT_FALSE(ReplaceFileAt(directory_.get(), "", "x").ok());
  fs::create_directory(root_ / "folder");
  EXPECT_FALSE(ReplaceFileAt(directory_.get(), "folder", "x").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace kubediag
