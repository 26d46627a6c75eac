#include "engine/diagnosis/retention.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "engine/api/time.h"
#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/run_lock.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::system_clock;
using testing::HasSubstr;

constexpr char kFolder[] = "profilers/go/pprof";

// Time is moved on for the sweep, not for the files.
class RetentionTest : public ExecutorTest {
 protected:
  RetentionTest() { root_ = MakeDirectory(options.data_root).value(); }

  std::string AddRun(const std::string& name, uint64_t result_bytes = 0,
                     const std::string& stamp = "20260101000000") {
    const std::string uid = UuidV5(name);
    const auto lock = RunLock::Take(root_.get(), uid).value();
    EXPECT_TRUE(Journal::Create(lock->directory(), BeginRecord{}).ok());
    if (result_bytes > 0) AddFile(RunFolder(uid) + "/results/" + stamp + "/1-1", result_bytes);
    return uid;
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
      return std::pair(info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
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
  const std::string uid = AddRun("again", kMiB, "20260101000000");
  Tick();
  AddFile(RunFolder(uid) + "/results/20260101000001/1-1", kMiB);
  objects_ = {{uid, RunObject::kUnfinished}};
  rules_.quota_bytes = kMiB + 512 * kKiB;
  EXPECT_EQ(SweepAfter(hours(1)).folders, 1U);
  EXPECT_FALSE(fs::exists(Path(RunFolder(uid) + "/results/20260101000000")));
  EXPECT_TRUE(fs::exists(Path(RunFolder(uid) + "/results/20260101000001/1-1/file")));
  rules_.quota_bytes = 0;
  const auto none = SweepAfter(hours(1));
  EXPECT_EQ(none.folders + none.runs, 0U) << "it may have to be resumed";
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

TEST_F(RetentionTest, ARunIsTakenAnewAfterItsFolderWasRetired) {
  const std::string uid = AddRun("again");
  const UniqueFd runs = OpenAt(root_.get(), "runs", O_RDONLY | O_DIRECTORY).value();
  ASSERT_TRUE(RetireRun(runs.get(), uid).ok());
  const auto lock = RunLock::Take(root_.get(), uid);
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(Journal::Read((*lock)->directory()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(RetireRun(runs.get(), uid).status().reason(), "AlreadyRunning");
}

}  // namespace
}  // namespace kubediag::diagnosis
