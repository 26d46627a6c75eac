// What a page shows stays as long as the page.
#include <gtest/gtest.h>
#include <kubediag/abi.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/retention.h"
#include "engine/diagnosis/run_lock.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::system_clock;

// An operation whose run leaves an artifact and a page.
class LivePageTest : public ExecutorTest {
 protected:
  LivePageTest() {
    options.retention = {.max_runs = 0, .quota_bytes = 0};
    operation::OperationDescriptor server = Module("server");
    server.optional_features = KUBEDIAG_FEATURE_SERVES_HTTP;
    server.artifact_folder = "served";
    Add(server, [this](const operation::Job& job, const std::stop_token&) {
      artifact_ = job.artifact_path + "/file";
      std::ofstream(artifact_) << "x";
      operation::RunOutcome outcome = Succeed();
      outcome.serving = true;
      outcome.linger = hours(2);
      return outcome;
    });
    AddSet({{1}, {}}, {"server"});
    AddDiagnosis();
  }

  bool HasRun(const std::string& uid) const { return fs::exists(Path(RunFolder(uid))); }
  // One that has ended, and that nobody has.
  void AddRunOfAnotherProcess() const {
    const UniqueFd root = OpenDirectory(options.data_root).value();
    const auto lock = RunLock::Take(root.get(), UuidV5("of another process")).value();
    const auto journal = Journal::Create(lock->directory(), BeginRecord()).value();
    EXPECT_TRUE(journal->Append(EndRecord{.succeeded = true}).ok());
  }

  std::string artifact_;
};

TEST_F(LivePageTest, WhatHasALivePageIsNeverTakenHoweverOldItIs) {
  const std::string uid = Run().metadata.uid;
  const auto much_later = system_clock::now() + 2 * kMaxUnfinishedRunAge;
  AddRunOfAnotherProcess();
  Retention::Removed removed = executor().Sweep(much_later);
  EXPECT_EQ(removed.runs, 1U) << "the younger one, which nobody has";
  EXPECT_EQ(removed.folders, 0U);
  EXPECT_TRUE(HasRun(uid));
  EXPECT_TRUE(fs::exists(artifact_));

  executor().viewers().StopAll();
  removed = executor().Sweep(much_later);
  EXPECT_EQ(removed.runs + removed.folders, 2U);
  EXPECT_FALSE(HasRun(uid));
  EXPECT_FALSE(fs::exists(artifact_));
}

TEST_F(LivePageTest, ItGoesNotEvenWhenItsDiagnosisIsGone) {
  const std::string uid = Run().metadata.uid;
  ASSERT_TRUE(store.Remove("Diagnosis", "", "diagnosis"));
  EXPECT_EQ(executor().Sweep(system_clock::now() + hours(1)).runs, 0U);
  EXPECT_TRUE(HasRun(uid));
  executor().viewers().StopAll();
  EXPECT_EQ(executor().Sweep(system_clock::now() + hours(1)).runs, 1U);
}

}  // namespace
}  // namespace kubediag::diagnosis
