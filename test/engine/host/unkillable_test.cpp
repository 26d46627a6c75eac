// An engine that has lost the right to signal what it has started as another user: it must say so
// and go on.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/process/pidfd.h"
#include "test/engine/host/runner_fixture.h"
#include "test/engine/host/thread_capabilities.h"

namespace kubediag::host {
namespace {

using operation::Job;
using operation::RunOutcome;
using testing::HasSubstr;

// Lets a test wait for what is logged.
class AwaitedLogger final : public Logger {
 public:
  void Log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> /*fields*/) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(level, std::string(message));
    changed_.notify_all();
  }
  void Await(const std::string& text) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return Has(text); }));
  }
  bool HasError(const std::string& text) {
    const std::lock_guard lock(mutex_);
    return std::any_of(lines_.begin(), lines_.end(), [&](const auto& line) {
      return line.first == LogLevel::kError && line.second.find(text) != std::string::npos;
    });
  }

 private:
  bool Has(const std::string& text) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const auto& line) {
      return line.second.find(text) != std::string::npos;
    });
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<LogLevel, std::string>> lines_;
};

class Unkillable : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root has capabilities to give up";
  }

  std::unique_ptr<operation::OperationRun> Prepare(const ProcessRunnerOptions& options,
                                                   const std::string& module) {
    auto runner = ProcessRunner::Create(options, logger_);
    EXPECT_TRUE(runner.ok()) << runner.status().ToString();
    runner_ = *std::move(runner);
    auto run = runner_->Prepare(TestModule(module));
    EXPECT_TRUE(run.ok()) << run.status().ToString();
    return *std::move(run);
  }
  bool IsLogged() { return logger_.HasError("CAP_KILL is missing"); }

  AwaitedLogger logger_;
  std::unique_ptr<ProcessRunner> runner_;
};

TEST_F(Unkillable, AModuleThatIgnoresItsEndGoesWithTheLineToTheEngine) {
  ProcessRunnerOptions options;
  options.host_program = HostProgram();
  options.user = kNobody;
  auto run = Prepare(options, "ignores_cancel");
  RunOutcome outcome;
  InThread([&] {
    GiveUp({CAP_KILL});
    Job job;
    job.operation = "bad";
    ASSERT_TRUE(run->Start(std::move(job)).ok());
    logger_.Await("ignoring");
    run->Stop();
    outcome = run->Wait({});
  });
  EXPECT_TRUE(IsLogged());
  if (outcome.status.reason() == "Cancelled") return;
  // A slow machine: we have given it up before it was its turn to go.
  ASSERT_EQ(outcome.status.reason(), "OperationNotEnded") << outcome.status.ToString();
  const std::string& message = outcome.status.message();
  const std::string before = "process ";
  ASSERT_NE(message.find(before), std::string::npos) << message;
  const pid_t pid = std::stoi(message.substr(message.find(before) + before.size()));
  const UniqueFd host = process::OpenPidfd(pid);
  pollfd entry{host.get(), POLLIN, 0};
  EXPECT_EQ(poll(&entry, 1, 30'000), 1) << "it lives on";
  kill(pid, SIGKILL);
  EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
}

// A host that does not even notice that we hang up. It tells its pid once it is another user's.
class DeafToTheEnd : public Unkillable {
 protected:
  void SetUp() override {
    Unkillable::SetUp();
    if (IsSkipped()) return;
    const char* const setpriv = "/usr/bin/setpriv";
    if (access(setpriv, X_OK) != 0) GTEST_SKIP() << "there is no " << setpriv;
    std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
    ASSERT_EQ(mkfifo(fifo_.c_str(), 0600), 0);
    ASSERT_EQ(chmod(fifo_.c_str(), 0666), 0);
    ProcessRunnerOptions options;
    options.host_program = folder_.path() + "/host";
    std::ofstream(options.host_program) << "#!/bin/sh\nexec " << setpriv
                                        << " --reuid 65534 --regid 65534 --clear-groups "
                                           "sh -c 'echo $$ >"
                                        << fifo_ << "; exec sleep 600'\n";
    std::filesystem::permissions(options.host_program, std::filesystem::perms{0755});
    run_ = Prepare(options, "good");
    std::ifstream(fifo_) >> pid_;
    ASSERT_GT(pid_, 0);
  }
  void TearDown() override {
    if (pid_ <= 0) return;
    EXPECT_EQ(kill(pid_, SIGKILL), 0) << "it was to live on";
    EXPECT_EQ(waitpid(pid_, nullptr, 0), pid_);
  }

  const TemporaryFolder folder_;
  const std::string fifo_ = folder_.path() + "/pid";
  std::unique_ptr<operation::OperationRun> run_;
  pid_t pid_ = -1;
};

TEST_F(DeafToTheEnd, IsGivenUpAndNamed) {
  RunOutcome outcome;
  InThread([&] {
    GiveUp({CAP_KILL});
    ASSERT_TRUE(run_->Start(Job{}).ok());
    run_->Stop();
    outcome = run_->Wait({});
    run_.reset();
  });
  EXPECT_EQ(outcome.status.reason(), "OperationNotEnded");
  EXPECT_THAT(outcome.status.message(), HasSubstr("process " + std::to_string(pid_)));
  EXPECT_THAT(outcome.status.message(), HasSubstr("CAP_KILL"));
  EXPECT_TRUE(IsLogged());
}

TEST_F(DeafToTheEnd, IsGivenUpBeforeItHasAJob) {
  InThread([&] {
    GiveUp({CAP_KILL});
    run_->Stop();
    run_.reset();
  });
  EXPECT_TRUE(IsLogged());
}

}  // namespace
}  // namespace kubediag::host
