#include "test/support/temporary_folders.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

namespace kubediag::testing {
namespace {

namespace fs = std::filesystem;

class TemporaryFoldersTest : public ::testing::Test {
 protected:
  TemporaryFoldersTest() : base_(fs::temp_directory_path() / "base") {
    fs::create_directory(base_);
  }
  ~TemporaryFoldersTest() override { fs::remove_all(base_); }

  fs::path Parent() const { return base_ / ("kubediag-tests-" + std::to_string(geteuid())); }
  // A program that makes its folder and is killed.
  void LeaveOneBehind() const {
    const pid_t child = fork();
    if (child == 0) {
      const auto folder = ProgramFolder::Make(base_);
      std::ofstream(folder->path() / "left") << "x";
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  size_t Count() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(Parent()), fs::directory_iterator()));
  }

  const fs::path base_;
};

TEST_F(TemporaryFoldersTest, EveryTestProgramHasOneOfItsOwn) {
  const fs::path own = fs::temp_directory_path();
  EXPECT_EQ(own.parent_path().filename(), "kubediag-tests-" + std::to_string(geteuid()));
  EXPECT_EQ(fs::path(::testing::TempDir()).parent_path(), own);
  // A socket's path has 108 bytes, so what is added to the parent has to be short.
  EXPECT_EQ(own.filename().string().size(), 6U);
}

TEST_F(TemporaryFoldersTest, WhatAKilledProgramLeftIsRemovedByTheNext) {
  LeaveOneBehind();
  ASSERT_EQ(Count(), 1U);
  const auto next = ProgramFolder::Make(base_);
  ASSERT_TRUE(next);
  EXPECT_EQ(Count(), 1U);
  EXPECT_TRUE(fs::is_empty(next->path()));
}

TEST_F(TemporaryFoldersTest, ThatOfALivingProgramStaysUntilItsEnd) {
  {
    const auto first = ProgramFolder::Make(base_);
    const auto second = ProgramFolder::Make(base_);
    ASSERT_TRUE(first && second);
    EXPECT_TRUE(fs::exists(first->path()));
    EXPECT_EQ(Count(), 2U);
  }
  EXPECT_EQ(Count(), 0U);
}

TEST_F(TemporaryFoldersTest, AFolderThatOthersMayWriteIsNotUsed) {
  fs::create_directory(Parent());
  fs::permissions(Parent(), fs::perms::all);
  EXPECT_FALSE(ProgramFolder::Make(base_));
}

}  // namespace
}  // namespace kubediag::testing
