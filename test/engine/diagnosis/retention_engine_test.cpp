#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/run_lock.h"
#include "test/engine/diagnosis/retention_test.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::system_clock;

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

}  // namespace
}  // namespace kubediag::diagnosis
