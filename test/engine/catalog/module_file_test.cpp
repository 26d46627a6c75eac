#include "engine/catalog/module_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "engine/core/limits.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ModuleFileTest : public testing::Test {
 protected:
  ModuleFileTest() : folder_path_(folders_.Make("operations")) {
    folder_ = *OpenOperationsFolder(folder_path_);
  }

  Status Open(const std::string& name) const { return OpenModuleFile(folder_, name).status(); }

  Folders folders_;
  std::string folder_path_;
  UniqueFd folder_;
};

TEST_F(ModuleFileTest, ListsModulesSortedAndNothingElse) {
  for (const char* name : {"b.so", "a.so", ".hidden.so", "notes.txt", ".so", "a.so.new"}) {
    folders_.Write(std::string("operations/") + name, "x");
  }
  EXPECT_THAT(*ListModules(folder_, folder_path_), ElementsAre("a.so", "b.so"));
  EXPECT_THAT(*ListModules(folder_, folder_path_), ElementsAre("a.so", "b.so"));
}

TEST_F(ModuleFileTest, OpensAFileThatOnlyItsOwnerMayWrite) {
  folders_.Write("operations/a.so", "content");
  const Result<ModuleFile> file = OpenModuleFile(folder_, "a.so");
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_EQ(file->identity.size, 7);
}

TEST_F(ModuleFileTest, RefusesASymbolicLink) {
  std::filesystem::create_symlink(folders_.Write("real.so", "x"), folder_path_ + "/a.so");
  EXPECT_EQ(Open("a.so").reason(), "SymbolicLink");
}

TEST_F(ModuleFileTest, RefusesAFileOthersMayWriteAndSaysWhatToDo) {
  const std::string path = folders_.Write("operations/a.so", "x");
  chmod(path.c_str(), 0664);
  EXPECT_EQ(Open("a.so").reason(), "FileNotTrusted");
  EXPECT_THAT(Open("a.so").message(), HasSubstr("writable by its group (mode 0664)"));
  EXPECT_THAT(Open("a.so").message(), HasSubstr("chmod go-w"));
  chmod(path.c_str(), 0646);
  EXPECT_THAT(Open("a.so").message(), HasSubstr("writable by everybody"));
}

TEST_F(ModuleFileTest, RefusesAFileOfAnotherUser) {
  const std::string path = folders_.Write("operations/a.so", "x");
  if (chown(path.c_str(), 12345, 12345) != 0) GTEST_SKIP() << "only root gives files away";
  EXPECT_EQ(Open("a.so").reason(), "FileNotTrusted");
  EXPECT_THAT(Open("a.so").message(), HasSubstr("belongs to user 12345"));
}

TEST_F(ModuleFileTest, RefusesWhatIsNoRegularFileWithoutWaitingForIt) {
  std::filesystem::create_directory(folder_path_ + "/directory.so");
  chmod((folder_path_ + "/directory.so").c_str(), 0755);
  ASSERT_EQ(mkfifo((folder_path_ + "/fifo.so").c_str(), 0600), 0);
  EXPECT_EQ(Open("directory.so").reason(), "NotRegularFile");
  EXPECT_EQ(Open("fifo.so").reason(), "NotRegularFile");
}

TEST_F(ModuleFileTest, RefusesAnEmptyFile) {
  folders_.Write("operations/a.so", "");
  EXPECT_EQ(Open("a.so").reason(), "FileEmpty");
}

TEST_F(ModuleFileTest, TakesAFileOfTheLargestSizeAndRefusesOneByteMore) {
  const std::string path = folders_.Write("operations/a.so", "x");
  ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(kMaxModuleBytes)), 0);
  EXPECT_TRUE(Open("a.so").ok());
  ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(kMaxModuleBytes) + 1), 0);
  EXPECT_EQ(Open("a.so").reason(), "FileTooLarge");
}

TEST_F(ModuleFileTest, WaitsForAFileThatIsStillBeingWritten) {
  const std::string path = folders_.Write("operations/a.so", "half of");
  {
    const UniqueFd writer(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(writer.valid());
    EXPECT_EQ(Open("a.so").reason(), "BeingWritten");
  }
  EXPECT_TRUE(Open("a.so").ok());
}

TEST_F(ModuleFileTest, SaysNotFoundForAFileThatHasVanished) {
  EXPECT_EQ(Open("a.so").code(), StatusCode::kNotFound);
}

TEST(OperationsFolder, IsRefusedWhenOthersMayWriteToIt) {
  const Folders folders;
  const std::string path = folders.Make("operations");
  chmod(path.c_str(), 01777);
  const Status status = OpenOperationsFolder(path).status();
  EXPECT_EQ(status.reason(), "FolderNotTrusted");
  EXPECT_THAT(status.message(), HasSubstr("writable by everybody (mode 1777)"));
}

TEST(OperationsFolder, IsNotFoundWhenMissing) {
  const Folders folders;
  EXPECT_EQ(OpenOperationsFolder(folders.Path("none")).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace kubediag::catalog
