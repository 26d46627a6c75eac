#include "engine/diagnosis/retention.h"

#include <fcntl.h>

#include <filesystem>
#include <fstream>

#include "engine/core/file.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/run_lock.h"
#include "test/engine/diagnosis/retention_test.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::system_clock;

TEST_F(RetentionTest, ARunWhoseObjectIsGoneGoesOthersStay) {
  const std::string gone = AddRun("gone");
  const std::string unknown = AddRun("unknown");
  const std::string ended = AddRun("ended");
  objects_ = {{gone, RunObject::kGone}, {ended, RunObject::kEnded}};
  EXPECT_EQ(SweepAfter(minutes(29)).runs, 0U) << "too young";
  EXPECT_EQ(SweepAfter(minutes(31)).runs, 1U);
  EXPECT_FALSE(HasRun(gone));
  EXPECT_TRUE(HasRun(unknown));
  EXPECT_TRUE(HasRun(ended));
}

TEST_F(RetentionTest, OldRunsGoButNotOneThatMayHaveToBeResumed) {
  const std::string unknown = AddRun("unknown");
  const std::string ended = AddRun("ended");
  const std::string unfinished = AddRun("unfinished");
  objects_ = {{ended, RunObject::kEnded}, {unfinished, RunObject::kUnfinished}};
  EXPECT_EQ(SweepAfter(kMaxRunAge - hours(1)).runs, 0U);
  EXPECT_EQ(SweepAfter(kMaxRunAge + hours(1)).runs, 2U);
  EXPECT_FALSE(HasRun(unknown));
  EXPECT_FALSE(HasRun(ended));
  EXPECT_TRUE(HasRun(unfinished));
}

TEST_F(RetentionTest, OfTooManyRunsTheYoungestStay) {
  rules_.max_runs = 3;
  std::vector<std::string> uids;
  for (int i = 0; i < 5; ++i) {
    uids.push_back(AddRun(std::to_string(i)));
    Tick();
  }
  std::ofstream(Path(RunFolder(uids[0]) + "/touched")) << "x";
  EXPECT_EQ(SweepAfter(hours(1)).runs, 2U);
  EXPECT_TRUE(HasRun(uids[0]));
  EXPECT_FALSE(HasRun(uids[1]));
  EXPECT_FALSE(HasRun(uids[2]));
}

TEST_F(RetentionTest, ARunThatIsLockedStays) {
  const std::string uid = AddRun("serving");
  objects_ = {{uid, RunObject::kGone}};
  {
    const auto lock = RunLock::Take(root_.get(), uid);
    ASSERT_TRUE(lock.ok());
    EXPECT_EQ(SweepAfter(kMaxRunAge * 2).runs, 0U);
  }
  EXPECT_EQ(SweepAfter(kMaxRunAge * 2).runs, 1U);
}

TEST_F(RetentionTest, TouchesOnlyWhatTheEngineHasMade) {
  rules_.quota_bytes = 0;
  fs::create_directories(Path("runs/photos"));
  std::ofstream(Path("runs/photos/journal")) << "Dear diary";
  AddFile("runs/taxes", 10);
  AddFile("20260101000000", 10);
  AddFile("mine/20260101000000", 10);
  AddFile(std::string(kFolder) + "/notes", 10);
  fs::create_directories(Path("away/20260101000000"));
  fs::create_directory_symlink(Path("away"), Path(std::string(kFolder) + "/a.b.c"));
  fs::create_directory_symlink(Path("away"), Path(std::string(kFolder) + "/20260101000001"));
  const auto removed = SweepAfter(kMaxRunAge * 2);
  EXPECT_EQ(removed.runs + removed.folders, 0U);
  for (const char* path : {"runs/photos/journal", "runs/taxes/file", "20260101000000/file",
                           "mine/20260101000000/file", "away/20260101000000"}) {
    EXPECT_TRUE(fs::exists(Path(path))) << path;
  }
  EXPECT_TRUE(fs::exists(Path(std::string(kFolder) + "/notes/file")));
}

TEST_F(RetentionTest, ASweepThatWasCutShortIsFinishedByTheNext) {
  AddRun("any");
  fs::create_directories(Path("runs/.gone-0011223344556677/results"));
  SweepAfter(hours(0));
  EXPECT_FALSE(fs::exists(Path("runs/.gone-0011223344556677")));
}

TEST_F(RetentionTest, ARunThatHasNotEndedGoesNeitherForQuotaNorForNumber) {
  rules_.quota_bytes = 0;
  rules_.max_runs = 0;
  const std::string unknown = AddUnfinishedRun("unknown");
  const std::string dropped = AddUnfinishedRun("dropped");
  const std::string gone = AddUnfinishedRun("gone");
  objects_ = {{gone, RunObject::kGone}, {dropped, RunObject::kDropped}};
  EXPECT_EQ(SweepAfter(kMaxUnfinishedRunAge - hours(1)).runs, 1U);
  EXPECT_TRUE(HasRun(unknown));
  EXPECT_TRUE(HasRun(dropped));
  EXPECT_FALSE(HasRun(gone));
  objects_[unknown] = RunObject::kUnfinished;
  EXPECT_EQ(SweepAfter(kMaxUnfinishedRunAge + hours(1)).runs, 1U);
  EXPECT_TRUE(HasRun(unknown)) << "its object is there";
  EXPECT_FALSE(HasRun(dropped));
}

TEST_F(RetentionTest, AJournalThatCannotBeReadCountsAsUnfinished) {
  rules_.quota_bytes = 0;
  const std::string torn = AddRun("torn");
  const std::string damaged = AddRun("damaged");
  fs::resize_file(Path(RunFolder(torn) + "/journal"),
                  fs::file_size(Path(RunFolder(torn) + "/journal")) - 1);
  std::fstream(Path(RunFolder(damaged) + "/journal"), std::ios::in | std::ios::out)
      .seekp(25)
      .put('!');
  EXPECT_EQ(SweepAfter(kMaxUnfinishedRunAge - hours(1)).runs, 0U);
  EXPECT_EQ(SweepAfter(kMaxUnfinishedRunAge + hours(1)).runs, 2U);
}

TEST_F(RetentionTest, ARunThatIsBegunAnewWhileTheSweepLooksStays) {
  const std::string uid = AddRun("d");
  Retention retention(root_.get(), *logger, rules_);
  const auto removed = retention.Sweep(
      [&](const std::string& found) {
        // Another process takes it, and is killed, before its turn to be removed comes.
        const auto lock = RunLock::Take(root_.get(), found).value();
        EXPECT_TRUE(Journal::Create(lock->directory(), BeginWith("20260102000000")).ok());
        return RunObject::kUnknown;
      },
      {kFolder}, system_clock::now() + kMaxRunAge + hours(1));
  EXPECT_EQ(removed.runs, 0U);
  EXPECT_TRUE(HasRun(uid));
}

TEST_F(RetentionTest, ARunIsTakenAnewAfterItsFolderWasRetired) {
  const std::string uid = AddRun("again");
  const UniqueFd runs = OpenAt(root_.get(), "runs", O_RDONLY | O_DIRECTORY).value();
  ASSERT_TRUE(IdleRun::Hold(runs.get(), uid)->Retire().ok());
  const auto lock = RunLock::Take(root_.get(), uid);
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(Journal::Read((*lock)->directory()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(IdleRun::Hold(runs.get(), uid).status().reason(), "AlreadyRunning");
}

}  // namespace
}  // namespace kubediag::diagnosis
