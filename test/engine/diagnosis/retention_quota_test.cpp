#include <linux/capability.h>
#include <unistd.h>

#include <filesystem>

#include "engine/api/time.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/run_lock.h"
#include "test/engine/diagnosis/retention_test.h"
#include "test/engine/host/thread_capabilities.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::system_clock;

TEST_F(RetentionTest, SaysHowMuchIsLeft) {
  AddFile(std::string(kFolder) + "/20260101000000", 1000);
  const auto before = SweepAfter(minutes(1));
  ASSERT_TRUE(before.left);
  EXPECT_GE(*before.left, 1000U);
  AddFile(std::string(kFolder) + "/20260101000001", 100'000);
  const auto after = SweepAfter(minutes(1));
  ASSERT_TRUE(after.left);
  EXPECT_GE(*after.left, *before.left + 100'000);
  rules_.quota_bytes = 0;
  EXPECT_LT(SweepAfter(minutes(31)).left.value_or(1), *before.left);
}

TEST_F(RetentionTest, OverTheQuotaTheOldestArtifactsGoFirst) {
  const std::string top = kFolder;
  AddFile(top + "/20260101000000", kMiB);
  Tick();
  AddFile(top + "/ns.pod.container/20260101000001", kMiB);
  AddFile(top + "/20260101000002-2", kMiB);
  rules_.quota_bytes = 2 * kMiB + 512 * kKiB;
  EXPECT_EQ(SweepAfter(minutes(29)).folders, 0U) << "too young";
  const auto removed = SweepAfter(minutes(31));
  EXPECT_EQ(removed.folders, 1U);
  EXPECT_GE(removed.bytes, kMiB);
  EXPECT_FALSE(fs::exists(Path(top + "/20260101000000")));
  EXPECT_TRUE(fs::exists(Path(top + "/ns.pod.container/20260101000001/file")));
  EXPECT_TRUE(fs::exists(Path(top + "/20260101000002-2/file")));
}

TEST_F(RetentionTest, AFolderInUseStaysAndAnEmptyOneOfAPodGoes) {
  rules_.quota_bytes = 0;
  api::DiagnosisSpec spec;
  spec.pod_reference = api::PodReference{.namespace_name = "ns", .name = "pod", .container = "c"};
  {
    const auto in_use = MakeArtifactFolder(root_.get(), kFolder, spec, api::Now()).value();
    EXPECT_EQ(SweepAfter(hours(1)).folders, 0U);
    EXPECT_TRUE(fs::exists(Path(in_use.relative_path)));
  }
  EXPECT_EQ(SweepAfter(hours(1)).folders, 1U);
  SweepAfter(hours(1));
  EXPECT_FALSE(fs::exists(Path(std::string(kFolder) + "/ns.pod.c")));
  EXPECT_TRUE(fs::exists(Path(kFolder)));
}

TEST_F(RetentionTest, OverTheQuotaEarlierResultsOfADiagnosisGoBeforeItsLast) {
  AddRun("again", kMiB, "20260101000000");
  Tick();
  const std::string uid = AddRun("again", kMiB, "20260101000001");
  objects_ = {{uid, RunObject::kUnfinished}};
  rules_.quota_bytes = kMiB + 512 * kKiB;
  EXPECT_EQ(SweepAfter(hours(1)).folders, 1U);
  EXPECT_FALSE(fs::exists(Path(RunFolder(uid) + "/results/20260101000000")));
  EXPECT_TRUE(fs::exists(Path(RunFolder(uid) + "/results/20260101000001/1-1/file")));
  rules_.quota_bytes = 0;
  const auto none = SweepAfter(hours(1));
  EXPECT_EQ(none.folders + none.runs, 0U) << "it may have to be resumed";
}

TEST_F(RetentionTest, TheLastResultsAreThoseTheJournalNamesWhateverTheClockSaid) {
  rules_.quota_bytes = 0;
  const std::string uid = AddRun("d", 1000, "20260101000001");  // while the clock was early
  objects_ = {{uid, RunObject::kUnfinished}};
  Tick();
  AddFile(RunFolder(uid) + "/results/20260601000000/1-1", 1000);  // of an earlier run
  EXPECT_EQ(SweepAfter(hours(1)).folders, 1U);
  EXPECT_TRUE(fs::exists(Path(RunFolder(uid) + "/results/20260101000001")));
  EXPECT_FALSE(fs::exists(Path(RunFolder(uid) + "/results/20260601000000")));
}

TEST_F(RetentionTest, OverTheQuotaTheOldestOfWhatHasEndedGoesFirst) {
  const std::string running = AddRun("running", kMiB, "20260101000000", End::kUnfinished);
  Tick();
  std::vector<std::string> ended;
  for (int i = 0; i < 3; ++i) {
    ended.push_back(AddRun("ended" + std::to_string(i), kMiB));
    Tick();
  }
  const std::string artifacts = std::string(kFolder) + "/20260101000000";
  AddFile(artifacts, kMiB);
  const auto lock = RunLock::Take(root_.get(), running);
  ASSERT_TRUE(lock.ok());

  rules_.quota_bytes = 4 * kMiB + 512 * kKiB;
  EXPECT_EQ(SweepAfter(hours(1)).runs, 1U);
  EXPECT_FALSE(HasRun(ended[0]));
  EXPECT_TRUE(HasRun(ended[1]));
  rules_.quota_bytes = 3 * kMiB + 512 * kKiB;
  EXPECT_EQ(SweepAfter(hours(1)).runs, 1U);
  EXPECT_FALSE(HasRun(ended[1]));
  EXPECT_TRUE(HasRun(ended[2]));
  rules_.quota_bytes = 0;
  const Retention::Removed rest = SweepAfter(hours(1));
  EXPECT_EQ(rest.runs, 1U);
  EXPECT_TRUE(HasRun(running));
  EXPECT_TRUE(fs::exists(Path(artifacts))) << "it is younger than the run under way";
}

TEST_F(RetentionTest, ATimeThatAnOperationSetsKeepsNothing) {
  rules_.quota_bytes = 0;
  const std::string folder = std::string(kFolder) + "/20260101000000";
  AddFile(folder, 10);
  for (const auto& path : {folder, folder + "/file"}) {
    fs::last_write_time(Path(path), fs::file_time_type::clock::now() + hours(24 * 365 * 50));
  }
  EXPECT_EQ(SweepAfter(hours(1)).folders, 1U);
}

TEST_F(RetentionTest, WhatCannotBeCountedGoesAsIfOverTheQuotaAndNothingElse) {
  const std::string top = kFolder;
  AddFile(top + "/20260101000000", kMiB);
  Tick();
  AddFile(top + "/20260101000001/closed", kMiB);
  Tick();
  AddFile(top + "/20260101000002", kMiB);
  fs::permissions(Path(top + "/20260101000001/closed"), fs::perms::none);
  const auto folders_after = [this](system_clock::duration later) {
    size_t folders = 0;
    host::InThread([&] {
      if (geteuid() == 0) host::GiveUp({CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH});
      folders = SweepAfter(later).folders;
    });
    return folders;
  };
  EXPECT_EQ(folders_after(minutes(29)), 0U) << "too young";
  EXPECT_EQ(folders_after(minutes(31)), 1U);
  EXPECT_FALSE(fs::exists(Path(top + "/20260101000001")));
  EXPECT_EQ(folders_after(minutes(31)), 0U);

  // One that is closed itself is opened first, and then it can be counted.
  fs::permissions(Path(top + "/20260101000000"), fs::perms::none);
  EXPECT_EQ(folders_after(hours(1)), 0U);
  rules_.quota_bytes = kMiB + 512 * kKiB;
  Tick();
  EXPECT_EQ(folders_after(hours(1)), 1U);
  EXPECT_TRUE(fs::exists(Path(top + "/20260101000000/file")));
}

TEST_F(RetentionTest, ArtifactsLeftByASweepThatWasCutShortAreRemovedByTheNext) {
  const std::string top = kFolder;
  AddFile(top + "/.gone-0011223344556677", 10);
  AddFile(top + "/ns.pod.container/.gone-0011223344556677", 10);
  AddFile(top + "/.gone-with-the-wind", 10);
  SweepAfter(hours(0));
  EXPECT_FALSE(fs::exists(Path(top + "/.gone-0011223344556677")));
  EXPECT_FALSE(fs::exists(Path(top + "/ns.pod.container/.gone-0011223344556677")));
  EXPECT_TRUE(fs::exists(Path(top + "/.gone-with-the-wind")));
}

TEST_F(RetentionTest, PodsBeyondTheLimitAreLookedAtOnceOthersAreGone) {
  rules_.quota_bytes = 0;
  rules_.max_pod_folders = 2;
  const std::string top = kFolder;
  AddFile(top + "/20260101000000", 10);
  for (const char* pod : {"ns.a.c", "ns.b.c"}) AddFile(top + "/" + pod + "/20260101000000", 10);
  EXPECT_EQ(SweepAfter(hours(1)).folders, 3U) << "at the limit";
  SweepAfter(hours(1));
  EXPECT_TRUE(fs::is_empty(Path(top)));

  for (const char* pod : {"ns.a.c", "ns.b.c", "ns.d.c"}) {
    AddFile(top + "/" + pod + "/20260101000000", 10);
  }
  AddFile(top + "/20260101000000", 10);
  EXPECT_EQ(SweepAfter(hours(1)).folders, 3U) << "past the limit";
  SweepAfter(hours(1));
  EXPECT_EQ(SweepAfter(hours(1)).folders, 1U);
}

}  // namespace
}  // namespace kubediag::diagnosis
