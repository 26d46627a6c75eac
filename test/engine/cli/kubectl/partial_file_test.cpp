#include "engine/cli/kubectl/partial_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;

class PartialFileTest : public testing::Test {
 protected:
  size_t Files() const {
    const std::filesystem::directory_iterator all(folders_.Path(""));
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }
  std::string Text(const std::string& name) const {
    return *ReadFile(folders_.Path(name), 1 << 20);
  }

  catalog::Folders folders_;
};

TEST_F(PartialFileTest, AppearsWhenItIsWhole) {
  {
    auto file = PartialFile::Create(folders_.Path("out"));
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    ASSERT_TRUE(file->Write("one ").ok());
    ASSERT_TRUE(file->Write("two").ok());
    EXPECT_FALSE(std::filesystem::exists(folders_.Path("out")));
    EXPECT_EQ(*file->Sha256(), Sha256Hex("one two"));
    EXPECT_TRUE(file->Commit().ok());
  }
  EXPECT_EQ(Text("out"), "one two");
  EXPECT_EQ(Files(), 1U);
}

TEST_F(PartialFileTest, LeavesNothingIfItIsNot) {
  folders_.Write("out", "old");
  {
    auto file = PartialFile::Create(folders_.Path("out"));
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    ASSERT_TRUE(file->Write("half").ok());
  }
  EXPECT_EQ(Text("out"), "old");
  EXPECT_EQ(Files(), 1U);
}

TEST_F(PartialFileTest, ReplacesWhatALinkLeadsTo) {
  folders_.Write("real", "old");
  std::filesystem::create_symlink("real", folders_.Path("link"));
  auto file = PartialFile::Create(folders_.Path("link"));
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  ASSERT_TRUE(file->Write("new").ok());
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_symlink(folders_.Path("link")));
  EXPECT_EQ(Text("real"), "new");
}

TEST_F(PartialFileTest, NeverTakesThePlaceOfADevice) {
  const auto file = PartialFile::Create("/dev/null");
  EXPECT_EQ(file.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(file.status().message(), "/dev/null is there and no regular file");
}

TEST_F(PartialFileTest, NamesAFolderThatIsNotThere) {
  const std::string path = folders_.Path("none/out");
  EXPECT_THAT(PartialFile::Create(path).status().message(), HasSubstr(path));
}

}  // namespace
}  // namespace kubediag::cli
