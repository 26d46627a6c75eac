#include "engine/diagnosis/retention.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "engine/api/time.h"
#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/run_lock.h"
#include "test/engine/diagnosis/fixture.h"
#include "test/engine/host/thread_capabilities.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::system_clock;

constexpr char kFolder[] = "profilers/go/pprof";

BeginRecord BeginWith(const std::string& stamp) {
  BeginRecord begin;
  begin.stamp = stamp;
  return begin;
}

// Time is moved on for the sweep, not for the files.
class RetentionTest : public ExecutorTest {
 protected:
  RetentionTest() { root_ = MakeDirectory(options.data_root).value(); }

  enum class End { kEnded, kUnfinished };

  // A run as another process has left it.
  std::string AddRun(const std::string& name, uint64_t result_bytes = 0,
                     const std::string& stamp = "20260101000000", End end = End::kEnded) {
    std::string uid = UuidV5(name);
    const auto lock = RunLock::Take(root_.get(), uid).value();
    const auto journal = Journal::Create(lock->directory(), BeginWith(stamp)).value();
    if (end == End::kEnded) {
      EXPECT_TRUE(journal->Append(EndRecord{.succeeded = true}).ok());
    }
    if (result_bytes > 0) AddFile(RunFolder(uid) + "/results/" + stamp + "/1-1", result_bytes);
    return uid;
  }
  std::string AddUnfinishedRun(const std::string& name) {
    return AddRun(name, 0, "20260101000000", End::kUnfinished);
  }
  void AddFile(const std::string& folder, uint64_t bytes) {
    fs::create_directories(Path(folder));
    std::ofstream(Path(folder + "/file")) << std::string(bytes, 'x');
  }
  // Goes on once files made from now on are younger than those there are.
  void Tick() const {
    const auto stamp = [this] {
      std::ofstream(Path("tick")) << "x";
      struct stat info {};
      EXPECT_EQ(stat(Path("tick").c_str(), &info), 0);
      return std::pair(info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
    };
    const auto before = stamp();
    while (stamp() == before) {
    }
  }
  Retention::Removed SweepAfter(system_clock::duration later) {
    Retention retention(root_.get(), *logger, rules_);
    return retention.Sweep(
        [this](const std::string& uid) {
          const auto found = objects_.find(uid);
          return found == objects_.end() ? RunObject::kUnknown : found->second;
        },
        {kFolder, ""}, system_clock::now() + later);
  }
  bool HasRun(const std::string& uid) const { return fs::exists(Path(RunFolder(uid))); }

  UniqueFd root_;
  RetentionRules rules_;
  std::map<std::string, RunObject> objects_;
};

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

TEST_F(RetentionTest, ATimeThatAnOperationSetsKeepsNothing) {
  rules_.quota_bytes = 0;
  const std::string folder = std::string(kFolder) + "/20260101000000";
  AddFile(folder, 10);
  for (const auto& path : {folder, folder + "/file"}) {
    fs::last_write_time(Path(path), fs::file_time_type::clock::now() + hours(24 * 365 * 50));
  }
  EXPECT_EQ(SweepAfter(hours(1)).folders, 1U);
}

// It may hold any number of bytes.
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

TEST_F(RetentionTest, ArtifactsOfARunUnderWayStayForItsLaterOperations) {
  options.retention.quota_bytes = 0;
  operation::OperationDescriptor first = Module("a");
  first.artifact_folder = "a";
  std::string artifact;
  Add(first, [&artifact](const operation::Job& job, const std::stop_token&) {
    artifact = job.artifact_path + "/file";
    std::ofstream(artifact) << "x";
    return Succeed();
  });
  bool there = false;
  Add("b", [&](const operation::Job&, const std::stop_token&) {
    executor().Sweep(system_clock::now() + hours(1));
    there = fs::exists(artifact);
    return Succeed();
  });
  AddSet({{1}, {2}, {}}, {"a", "b"});
  AddDiagnosis();
  Run();
  EXPECT_TRUE(there) << artifact;
  EXPECT_EQ(executor().Sweep(system_clock::now() + hours(1)).folders, 1U) << "the run has ended";
}

TEST_F(RetentionTest, AnInterruptedRunIsStillKnownAWeekLater) {
  options.retention.quota_bytes = 0;
  options.retention.max_runs = 0;
  Add("once", [this](const operation::Job& job, const std::stop_token& stop) {
    cancellation->Request(CancelCause::kShutdown);
    return Hang(job, stop);
  });
  AddSet({{1}, {}}, {"once"});
  AddDiagnosis();
  EXPECT_FALSE(TryRun().ok());
  ASSERT_TRUE(store.Remove("Diagnosis", "", "diagnosis"));
  Restart();
  // By an engine that does not have the object yet.
  EXPECT_EQ(executor().Sweep(system_clock::now() + kMaxRunAge + hours(1)).runs, 0U);
  AddDiagnosis();
  EXPECT_THAT(Outcomes(Run().status), testing::ElementsAre("1 once Failed Interrupted"));
  EXPECT_EQ(runner.Runs("once"), 1U);
}

TEST_F(RetentionTest, ARunThatAnotherProcessHadIsNotOurs) {
  Add("a", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  const std::string uid = Stored().metadata.uid;
  {
    const auto other = RunLock::Take(root_.get(), uid).value();
    const auto journal = Journal::Create(other->directory(), BeginWith("20260101000000")).value();
    EXPECT_TRUE(journal->Append(EndRecord{.succeeded = true}).ok());
    EXPECT_EQ(TryRun().status().reason(), "AlreadyRunning");
  }
  ASSERT_TRUE(store.Remove("Diagnosis", "", "diagnosis"));
  EXPECT_EQ(executor().Sweep(system_clock::now() + hours(1)).runs, 0U);
  EXPECT_TRUE(HasRun(uid));
}

TEST_F(RetentionTest, TheExecutorKnowsWhichObjectsOfItsRunsAreGone) {
  Add("a", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  const std::string uid = Run().metadata.uid;
  const std::string foreign = AddRun("of another process");
  const auto later = system_clock::now() + hours(1);
  EXPECT_EQ(executor().Sweep(later).runs, 0U);
  ASSERT_TRUE(store.Remove("Diagnosis", "", "diagnosis"));
  EXPECT_EQ(executor().Sweep(later).runs, 1U);
  EXPECT_FALSE(HasRun(uid));
  EXPECT_TRUE(HasRun(foreign));

  Restart();
  options.store_has_all_diagnoses = true;
  EXPECT_EQ(executor().Sweep(later).runs, 1U);
  EXPECT_FALSE(HasRun(foreign));
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

// Knows when a sweep has removed something.
class SweepLogger : public Logger {
 public:
  void Log(LogLevel, std::string_view message, std::initializer_list<LogField>) override {
    if (message == "data of earlier runs removed" && !told_.exchange(true)) removed_.set_value();
  }
  bool AwaitRemoval() {
    return removed_.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready;
  }

 private:
  std::atomic<bool> told_ = false;
  std::promise<void> removed_;
};

TEST_F(RetentionTest, TheFirstSweepInTheBackgroundComesAtTheStart) {
  auto recording = std::make_unique<SweepLogger>();
  SweepLogger& sweeps = *recording;
  logger = std::move(recording);
  options.store_has_all_diagnoses = true;
  options.retention.min_age = system_clock::duration::zero();
  const std::string gone = AddRun("gone");
  AddDiagnosis();
  const std::string wanted = AddRun("default/diagnosis", 0, "20260101000000", End::kUnfinished);
  fs::rename(Path(RunFolder(wanted)), Path(RunFolder(Stored().metadata.uid)));
  Tick();
  executor().SweepInBackground();
  EXPECT_TRUE(sweeps.AwaitRemoval());
  EXPECT_FALSE(HasRun(gone));
  EXPECT_TRUE(HasRun(Stored().metadata.uid)) << "the store has its object";
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
