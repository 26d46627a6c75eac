// The artifact folder of a run is lent, and given back whichever way the run ends.
#include "engine/host/lent_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stop_token>

#include "test/engine/host/runner_fixture.h"

namespace kubediag::host {
namespace {

using operation::Job;
using operation::RunOutcome;

class LentFolders : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root may change the owner";
    Prepare("looks_around", kNobody);
  }
  void Prepare(const std::string& module, std::optional<OperationUser> user) {
    run_.reset();
    ProcessRunnerOptions options;
    options.host_program = HostProgram();
    options.user = user;
    auto runner = ProcessRunner::Create(std::move(options), *logger_);
    ASSERT_TRUE(runner.ok()) << runner.status().ToString();
    runner_ = *std::move(runner);
    auto run = runner_->Prepare(TestModule(module));
    ASSERT_TRUE(run.ok()) << run.status().ToString();
    run_ = *std::move(run);
  }
  Job JobOf(const std::string& operation) const {
    Job job;
    job.operation = operation;
    job.artifact_directory = folder_.fd();
    return job;
  }
  // An operation that runs until it is ended. True once it has told that it runs; false if the
  // deadline came first.
  bool StartThatWaits(Deadline deadline = Deadline::Never()) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    Job job = JobOf("spawn-and-wait");
    job.listen_socket = write_end.get();
    job.deadline = deadline;
    EXPECT_TRUE(run_->Start(std::move(job)).ok());
    write_end.Reset();
    pid_t pids[2] = {-1, -1};
    return read(read_end.get(), pids, sizeof pids) == static_cast<ssize_t>(sizeof pids);
  }
  uid_t Owner() const {
    struct stat info {};
    EXPECT_EQ(fstat(folder_.fd(), &info), 0);
    return info.st_uid;
  }
  bool IsOurs() const {
    struct stat info {};
    EXPECT_EQ(fstat(folder_.fd(), &info), 0);
    return info.st_uid == geteuid() && (info.st_mode & 07777U) == 0700U;
  }

  const TemporaryFolder folder_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  std::unique_ptr<ProcessRunner> runner_;
  std::unique_ptr<operation::OperationRun> run_;
};

TEST_F(LentFolders, IsGivenBackAfterACrash) {
  Prepare("segfaults", kNobody);
  ASSERT_TRUE(run_->Start(JobOf("bad")).ok());
  EXPECT_FALSE(run_->Wait({}).status.ok());  // sanitizers make an exit of the signal
  EXPECT_TRUE(IsOurs());
}

TEST_F(LentFolders, IsGivenBackAtTheDeadline) {
  // As long as the machine needs to start it.
  auto limit = std::chrono::milliseconds(100);
  while (!StartThatWaits(Deadline::After(limit)) && !HasFailure()) {
    limit *= 2;
    Prepare("looks_around", kNobody);
  }
  EXPECT_EQ(run_->Wait({}).status.reason(), "OperationTimeout");
  EXPECT_TRUE(IsOurs());
}

TEST_F(LentFolders, IsGivenBackByStop) {
  ASSERT_TRUE(StartThatWaits());
  EXPECT_EQ(Owner(), kNobody.uid);
  run_->Stop();
  EXPECT_TRUE(IsOurs());
}

TEST_F(LentFolders, IsGivenBackWhenTheRunIsDestroyed) {
  ASSERT_TRUE(StartThatWaits());
  run_.reset();
  EXPECT_TRUE(IsOurs());
}

TEST_F(LentFolders, IsNotLentToARunThatIsOver) {
  run_->Stop();
  EXPECT_FALSE(run_->Start(JobOf("look")).ok());
  EXPECT_TRUE(IsOurs());
}

TEST_F(LentFolders, ASecondStartLeavesTheFirstOneItsFolder) {
  ASSERT_TRUE(StartThatWaits());
  const TemporaryFolder other;
  Job second = JobOf("look");
  second.artifact_directory = other.fd();
  EXPECT_EQ(run_->Start(std::move(second)).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Owner(), kNobody.uid) << "the first still runs";
  struct stat info {};
  ASSERT_EQ(fstat(other.fd(), &info), 0);
  EXPECT_EQ(info.st_uid, geteuid());
  run_->Stop();
  EXPECT_TRUE(IsOurs());
}

// With or without a user of its own.
TEST_F(LentFolders, TheLockOnItIsNotTheOperationsToUndo) {
  for (const std::optional<OperationUser> user : {std::optional(kNobody), {}}) {
    Prepare("looks_around", user);
    ASSERT_EQ(flock(folder_.fd(), LOCK_SH), 0);
    ASSERT_TRUE(run_->Start(JobOf("unlock")).ok());
    const RunOutcome outcome = run_->Wait({});
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    const UniqueFd other = OpenDirectory(folder_.path()).value();
    EXPECT_EQ(flock(other.get(), LOCK_EX | LOCK_NB), -1);
    EXPECT_EQ(errno, EWOULDBLOCK);
  }
}

}  // namespace
}  // namespace kubediag::host
