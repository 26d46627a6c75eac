// Deadlines, cancellation, suspension, deletion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>
#include <utility>

#include "engine/api/time.h"
#include "engine/diagnosis/status.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ExecutorTest, AnOperationsOwnTimeoutFailsItsNodeOnly) {
  operation::OperationDescriptor slow = Module("slow");
  slow.default_timeout = milliseconds(20);
  Add(slow, Hang);
  Add("b", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1, 2}, {}, {}}, {"slow", "b"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_THAT(Outcomes(done.status),
              ElementsAre("1 slow Failed OperationTimeout", "2 b Succeeded"));
  EXPECT_EQ(done.status.operations[0].message, "did not end within 20 ms");
}

TEST_F(ExecutorTest, TheDeadlineOfTheDiagnosisEndsItAll) {
  Add("slow", Hang);
  Add("b", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1, 2}, {}, {}}, {"slow", "b"});
  AddDiagnosis({}, [](api::Diagnosis& diagnosis) { diagnosis.spec.timeout_seconds = 1; });
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_THAT(Outcomes(done.status), ElementsAre("1 slow Failed DeadlineExceeded"));
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "DeadlineExceeded");
  EXPECT_THAT(done.status.message, HasSubstr("spec.timeoutSeconds (1 s) passed while 1 slow ran"));
  EXPECT_EQ(runner.Runs("b"), 0U);
}

TEST_F(ExecutorTest, CancellingEndsTheOperationAndTriesNoOtherPath) {
  Add("slow", [this](const operation::Job& job, const std::stop_token& stop) {
    cancellation->Request(CancelCause::kCancelled);
    return Hang(job, stop);
  });
  Add("b", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1, 2}, {}, {}}, {"slow", "b"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "Cancelled");
  EXPECT_EQ(done.status.message, "cancelled while 1 slow ran");
  EXPECT_THAT(Outcomes(done.status), ElementsAre("1 slow Failed Cancelled"));
  EXPECT_EQ(runner.Runs("b"), 0U);
  EXPECT_EQ(runner.Live(), 0U);
}

TEST_F(ExecutorTest, ARunAfterACancelledOneStartsAnew) {
  bool cancel = true;
  Add("slow", [&](const operation::Job& job, const std::stop_token& stop) {
    if (!cancel) return Succeed();
    cancellation->Request(CancelCause::kCancelled);
    return Hang(job, stop);
  });
  AddSet({{1}, {}}, {"slow"});
  AddDiagnosis();
  Run();
  Restart();
  cancel = false;
  AddDiagnosis({{"changed", "1"}});  // as another process that reads the file
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
}

TEST_F(ExecutorTest, SuspendingEndsItAsSuspended) {
  Add("slow", [this](const operation::Job& job, const std::stop_token& stop) {
    cancellation->Request(CancelCause::kSuspended);
    return Hang(job, stop);
  });
  AddSet({{1}, {}}, {"slow"});
  AddDiagnosis();
  EXPECT_EQ(ConditionOf(Run(), "Finished").reason, "Suspended");
}

TEST_F(ExecutorTest, ADeletedDiagnosisIsNotWrittenAnyMore) {
  Add("slow", [this](const operation::Job& job, const std::stop_token& stop) {
    store.Remove("Diagnosis", "default", "diagnosis");
    cancellation->Request(CancelCause::kDeleted);
    return Hang(job, stop);
  });
  AddSet({{1}, {}}, {"slow"});
  AddDiagnosis();
  EXPECT_EQ(TryRun().status().code(), StatusCode::kCancelled);
  EXPECT_EQ(store.written.size(), 1U);  // the claim
  EXPECT_EQ(runner.Live(), 0U);
}

TEST_F(ExecutorTest, FindsOutThatTheDiagnosisIsGoneWhenItWritesProgress) {
  options.limits.progress_interval = seconds(0);
  Add("slow", Hang);
  AddSet({{1}, {}}, {"slow"});
  AddDiagnosis();
  store.before_write = [this](const api::Diagnosis& diagnosis) {
    if (!diagnosis.status.operations.empty()) {
      store.Remove("Diagnosis", "default", "diagnosis");
    }
    return Status::Ok();
  };
  EXPECT_EQ(TryRun().status().code(), StatusCode::kCancelled);
  EXPECT_EQ(runner.Live(), 0U);
}

TEST_F(ExecutorTest, ProgressNeverTurnsBackWhatSomebodyElseHasEnded) {
  options.limits.progress_interval = seconds(0);
  Add("slow", Hang);
  AddSet({{1}, {}}, {"slow"});
  AddDiagnosis();
  bool ended = false;
  store.before_write = [&](const api::Diagnosis& progress) {
    if (progress.status.operations.empty() || std::exchange(ended, true)) return Status::Ok();
    api::Diagnosis lost = Stored();
    SetFailed(lost.status, Status::Unavailable("silent").WithReason("NodeLost"), api::Now());
    EXPECT_TRUE(store.FileStore::WriteStatus(lost).ok());
    return Status::Ok();
  };
  EXPECT_EQ(TryRun().status().reason(), "TakenAway");
  EXPECT_EQ(Stored().status.phase, api::Phase::kFailed);
  EXPECT_EQ(ConditionOf(Stored(), "Finished").reason, "NodeLost");
  EXPECT_FALSE(executor().CanResume(Stored().metadata.uid));
  EXPECT_EQ(runner.Live(), 0U);
}

TEST_F(ExecutorTest, AResultDoesNotReplaceTheEndThatSomebodyElseWrote) {
  Add("a", [this](const operation::Job&, const std::stop_token&) {
    api::Diagnosis lost = Stored();
    SetFailed(lost.status, Status::Unavailable("silent").WithReason("NodeLost"), api::Now());
    EXPECT_TRUE(store.FileStore::WriteStatus(lost).ok());
    return Succeed();
  });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  EXPECT_EQ(TryRun().status().reason(), "TakenAway");
  EXPECT_EQ(ConditionOf(Stored(), "Finished").reason, "NodeLost");
  EXPECT_TRUE(events.empty() || events.back().find("DiagnosisSucceeded") == std::string::npos);
}

TEST_F(ExecutorTest, ARunThatAnotherInstanceHasClaimedIsLeftToIt) {
  Add("a", [this](const operation::Job&, const std::stop_token&) {
    api::Diagnosis taken = Stored();
    taken.status.claim->instance = "instance-2";
    EXPECT_TRUE(store.FileStore::WriteStatus(taken).ok());
    return Succeed();
  });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  EXPECT_EQ(TryRun().status().reason(), "TakenAway");
  EXPECT_EQ(Stored().status.phase, api::Phase::kRunning);
  EXPECT_EQ(Stored().status.claim->instance, "instance-2");
}

TEST_F(ExecutorTest, AFailureBeforeTheClaimDoesNotReplaceAnothersClaim) {
  AddSet({{1}, {1}}, {"a"});  // not valid
  AddDiagnosis();
  bool claimed = false;
  store.before_write = [&](const api::Diagnosis&) {
    api::Diagnosis other = Stored();
    other.status.phase = api::Phase::kRunning;
    other.status.claim.emplace().instance = "instance-2";
    if (!std::exchange(claimed, true)) (void)store.FileStore::WriteStatus(other);
    return Status::Ok();
  };
  EXPECT_EQ(TryRun().status().reason(), "TakenAway");
  EXPECT_EQ(Stored().status.phase, api::Phase::kRunning);
}

TEST_F(ExecutorTest, AResultWhoseAnswerWasLostIsFoundToBeThere) {
  Add("a", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  int writes = 0;
  store.before_write = [&](const api::Diagnosis& diagnosis) {
    if (++writes != 2) return Status::Ok();
    api::Diagnosis landed = diagnosis;
    EXPECT_TRUE(store.FileStore::WriteStatus(landed).ok());
    return Status::Unavailable("the answer was lost");
  };
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_FALSE(executor().CanResume(Stored().metadata.uid));
}

// Or the next look would take the other's run for an earlier one of ours.
TEST_F(ExecutorTest, AClaimThatWasLostLeavesNoJournal) {
  Add("a", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  store.before_write = [](const api::Diagnosis&) {
    return Status::FailedPrecondition("somebody was faster").WithReason("Conflict");
  };
  EXPECT_EQ(TryRun().status().reason(), "Conflict");
  EXPECT_FALSE(executor().CanResume(Stored().metadata.uid));
  EXPECT_FALSE(std::filesystem::exists(RunPath("journal")));
}

TEST_F(ExecutorTest, TellsOfALongRunUnderWay) {
  options.limits.progress_interval = seconds(0);
  Add("slow", [this](const operation::Job&, const std::stop_token&) {
    while (Stored().status.operations.empty()) std::this_thread::yield();
    EXPECT_EQ(Stored().status.operations[0].phase, "Running");
    return Succeed();
  });
  AddSet({{1}, {}}, {"slow"});
  AddDiagnosis();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
}

TEST_F(ExecutorTest, ALongRunSaysThatItIsInGoodHands) {
  options.heartbeat_interval = milliseconds(1);
  Add("slow", [this](const operation::Job&, const std::stop_token&) {
    while (!Stored().status.heartbeat_time) std::this_thread::yield();
    const std::string first = Stored().metadata.resource_version;
    while (Stored().metadata.resource_version == first) std::this_thread::yield();
    return Succeed();
  });
  AddSet({{1}, {}}, {"slow"});
  AddDiagnosis();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
}

TEST_F(ExecutorTest, AHeartbeatNeverTurnsBackWhatSomebodyElseHasEnded) {
  options.heartbeat_interval = milliseconds(1);
  Add("slow", [this](const operation::Job& job, const std::stop_token& stop) {
    api::Diagnosis lost = Stored();
    SetFailed(lost.status, Status::Unavailable("silent").WithReason("NodeLost"), api::Now());
    while (!store.FileStore::WriteStatus(lost).ok()) lost.metadata = Stored().metadata;
    return Hang(job, stop);
  });
  AddSet({{1}, {}}, {"slow"});
  AddDiagnosis();
  EXPECT_EQ(TryRun().status().reason(), "TakenAway");
  EXPECT_EQ(ConditionOf(Stored(), "Finished").reason, "NodeLost");
}

TEST_F(ExecutorTest, SaysThatTheDataRootHasBeenRemoved) {
  Add("a", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  (void)executor();
  std::filesystem::remove_all(options.data_root);
  EXPECT_EQ(TryRun().status().message(), "the data root " + options.data_root +
                                             " has been removed or replaced since the start: "
                                             "restart kubediag");
  // Nothing of a run may go to where nobody will find it.
  std::filesystem::create_directory(options.data_root);
  EXPECT_THAT(TryRun().status().message(), HasSubstr(options.data_root));
}

TEST_F(ExecutorTest, SaysThatTheDataRootHasBeenReplaced) {
  Add("a", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  (void)executor();
  const std::string moved = options.data_root + ".old";
  std::filesystem::rename(options.data_root, moved);
  std::filesystem::create_directory(options.data_root);
  EXPECT_THAT(TryRun().status().message(),
              HasSubstr("the data root " + options.data_root + " has been removed or replaced"));
  EXPECT_FALSE(std::filesystem::exists(moved + "/runs")) << "nobody would find it there";
  std::filesystem::remove_all(options.data_root);
  std::filesystem::rename(moved, options.data_root);
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded) << "it is back";
}

TEST_F(ExecutorTest, ADiagnosisRunsOnlyOnceAtATime) {
  Add("a", [this](const operation::Job&, const std::stop_token&) {
    Executor other_process(store, catalog, runner, options, *logger);
    RecordingObserver nobody;
    const Status status = other_process.Run(Stored(), *cancellation, nobody).status();
    EXPECT_EQ(status.reason(), "AlreadyRunning");
    EXPECT_THAT(status.message(), HasSubstr("default/diagnosis: another process runs it"));
    EXPECT_EQ(executor().Run(Stored(), *cancellation, nobody).status().reason(), "AlreadyRunning");
    return Succeed();
  });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  Run();
}

}  // namespace
}  // namespace kubediag::diagnosis
