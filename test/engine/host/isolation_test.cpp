// What the operation host does to itself, and what becomes of it when the engine dies. Seen by
// operations that look at their own process.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <string>

#include "engine/host/lent_folder.h"
#include "engine/process/child.h"
#include "engine/process/pidfd.h"
#include "test/engine/host/runner_fixture.h"

namespace kubediag::host {
namespace {

using operation::Job;
using operation::RunOutcome;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

ProcessRunnerOptions Options() {
  ProcessRunnerOptions options;
  options.host_program = HostProgram();
  return options;
}

// A program in place of the host.
class Script {
 public:
  explicit Script(const std::string& text) : path_(folder_.path() + "/host") {
    std::ofstream(path_) << "#!/bin/sh\n" << text;
    std::filesystem::permissions(path_, static_cast<std::filesystem::perms>(0755));
  }
  const std::string& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

testing::AssertionResult HasNoCapabilities(const std::string& status) {
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    if (status.find(std::string(set) + ":\t0000000000000000\n") == std::string::npos) {
      return testing::AssertionFailure() << set << " is not empty:\n" << status;
    }
  }
  return testing::AssertionSuccess();
}

class Isolation : public testing::Test {
 protected:
  RunOutcome Look(ProcessRunnerOptions options, const std::string& operation,
                  const std::string& module = TestModule("looks_around")) {
    auto runner = ProcessRunner::Create(std::move(options), *logger_);
    EXPECT_TRUE(runner.ok()) << runner.status().ToString();
    auto run = (*runner)->Prepare(module);
    EXPECT_TRUE(run.ok()) << run.status().ToString();
    Job job;
    job.operation = operation;
    job.deadline = Deadline::After(std::chrono::seconds(60));
    EXPECT_TRUE((*run)->Start(std::move(job)).ok());
    return (*run)->Wait({});
  }

  std::unique_ptr<Logger> logger_ = MakeNullLogger();
};

TEST_F(Isolation, EnvironmentIsClean) {
  ASSERT_EQ(setenv("KUBEDIAG_TEST_SECRET", "1", 1), 0);
  const RunOutcome outcome = Look(Options(), "look");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_THAT(outcome.results.at("environment"), Not(HasSubstr("KUBEDIAG_TEST_SECRET")));
  EXPECT_THAT(outcome.results.at("environment"), HasSubstr("PATH="));
}

TEST_F(Isolation, HasItsOwnGroupAndNoNewPrivileges) {
  const RunOutcome outcome = Look(Options(), "look");
  EXPECT_EQ(outcome.results.at("leads_group"), "true");
  EXPECT_THAT(outcome.results.at("status"), HasSubstr("NoNewPrivs:\t1"));
}

TEST_F(Isolation, LimitsHold) {
  ProcessRunnerOptions options = Options();
  options.limits.run_file_bytes = 12345678;
  options.limits.run_descriptors = 77;
  options.limits.run_cpu = std::chrono::seconds(33);
  options.limits.run_memory_bytes = 512 * kMiB;
  const std::string limits = Look(std::move(options), "look").results.at("limits");
  EXPECT_THAT(limits, HasSubstr("fsize 12345678\n"));
  EXPECT_THAT(limits, HasSubstr("nofile 77\n"));
  EXPECT_THAT(limits, HasSubstr("cpu 33\n"));
  EXPECT_THAT(limits, HasSubstr("core 0\n"));
#ifndef KUBEDIAG_SANITIZED
  EXPECT_THAT(limits, HasSubstr("as 536870912\n"));
#endif
}

TEST_F(Isolation, SeesOnlyItsOwnDescriptors) {
  const UniqueFd leaked(fcntl(STDERR_FILENO, F_DUPFD, 40));  // without O_CLOEXEC
  ASSERT_TRUE(leaked.valid());
  EXPECT_EQ(Look(Options(), "look").results.at("open_40_to_99"), "0");
}

TEST_F(Isolation, RunsAsTheOperationUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may change the user";
  ProcessRunnerOptions options = Options();
  options.user = kNobody;
  // As the catalog keeps its copies: readable, in a folder that is closed to others.
  const TemporaryFolder closed;
  const std::string module = closed.path() + "/module.so";
  std::filesystem::copy_file(TestModule("looks_around"), module);
  std::filesystem::permissions(module, std::filesystem::perms{0555});
  const RunOutcome outcome = Look(std::move(options), "look", module);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_THAT(outcome.results.at("status"), HasSubstr("Uid:\t65534\t65534\t65534\t65534"));
  EXPECT_THAT(outcome.results.at("status"), HasSubstr("Gid:\t65533\t65533\t65533\t65533"));
  EXPECT_THAT(outcome.results.at("status"), HasSubstr("Groups:\t \n"));
  EXPECT_TRUE(HasNoCapabilities(outcome.results.at("status")));
  EXPECT_EQ(outcome.results.at("dumpable"), "0") << "other runs of the user get at it";
  EXPECT_THAT(outcome.results.at("status"), HasSubstr("CapBnd:\t0000000000000000"));
}

// As of an engine that is no root, but was given ambient capabilities, as Pods may be.
TEST_F(Isolation, TheOperationUserHasNoneOfTheAmbientCapabilitiesOfTheEngine) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may give capabilities away";
  const std::string granted = "+setuid,+setgid,+kill,+chown,+dac_override,+sys_ptrace";
  const Script host("exec setpriv --reuid 1234 --regid 1234 --clear-groups --inh-caps " + granted +
                    " --ambient-caps " + granted + " " + Options().host_program + " \"$@\"\n");
  ProcessRunnerOptions options;
  options.host_program = host.path();
  const std::string as_the_engine = Look(options, "look").results.at("status");
  EXPECT_THAT(as_the_engine, HasSubstr("Uid:\t1234\t"));
  EXPECT_FALSE(HasNoCapabilities(as_the_engine)) << "what is granted is what is passed on";

  options.user = kNobody;
  const RunOutcome outcome = Look(std::move(options), "look");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_THAT(outcome.results.at("status"), HasSubstr("Uid:\t65534\t65534\t65534\t65534"));
  EXPECT_TRUE(HasNoCapabilities(outcome.results.at("status")));
}

TEST_F(Isolation, TheOperationUserHasTheArtifactFolderWhileItRuns) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may change the user";
  ProcessRunnerOptions options = Options();
  options.user = kNobody;
  const TemporaryFolder data_root;
  const UniqueFd folder = MakeDirectoryAt(data_root.fd(), "artifacts/run").value();
  auto runner = ProcessRunner::Create(std::move(options), *logger_);
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  auto run = (*runner)->Prepare(TestModule("conformance"));
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  Job job;
  job.operation = "write-artifact";
  job.artifact_directory = folder.get();
  ASSERT_TRUE((*run)->Start(std::move(job)).ok());
  const RunOutcome outcome = (*run)->Wait({});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();

  struct stat info {};
  ASSERT_EQ(fstatat(folder.get(), "report.txt", &info, AT_SYMLINK_NOFOLLOW), 0);
  EXPECT_EQ(info.st_uid, 65534U) << "a page served again later needs it";
  ASSERT_EQ(fstat(folder.get(), &info), 0);
  EXPECT_EQ(info.st_uid, geteuid());
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
  ASSERT_EQ(fstatat(data_root.fd(), "artifacts", &info, 0), 0);
  EXPECT_EQ(info.st_uid, geteuid()) << "only the innermost changes hands";
}

TEST_F(Isolation, AFolderTakenBackIsClosedAndCanBeLentAgain) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may change the owner";
  const TemporaryFolder folder;
  struct stat info {};
  for (int i = 0; i < 2; ++i) {
    auto lent = LentFolder::Lend(folder.fd(), kNobody);
    ASSERT_TRUE(lent.ok()) << lent.status().ToString();
    ASSERT_EQ(fstat(folder.fd(), &info), 0);
    EXPECT_EQ(info.st_uid, 65534U);
    EXPECT_EQ(info.st_gid, 65533U);
    ASSERT_EQ(fchmod(folder.fd(), 06777), 0);  // as its user may do
    lent->TakeBack();
    ASSERT_EQ(fstat(folder.fd(), &info), 0);
    EXPECT_EQ(info.st_uid, geteuid());
    EXPECT_EQ(info.st_mode & 07777U, 0700U);
  }
}

TEST_F(Isolation, CpuTimeIsLimited) {
#ifdef KUBEDIAG_SANITIZED
  GTEST_SKIP() << "the sanitizer answers the signal itself";
#endif
  ProcessRunnerOptions options = Options();
  options.limits.run_cpu = std::chrono::seconds(1);
  auto runner = ProcessRunner::Create(std::move(options), *logger_);
  ASSERT_TRUE(runner.ok());
  auto run = (*runner)->Prepare(TestModule("loops_for_ever"));
  ASSERT_TRUE(run.ok());
  Job job;
  job.operation = "bad";
  ASSERT_TRUE((*run)->Start(std::move(job)).ok());
  const Status status = (*run)->Wait({}).status;
  EXPECT_EQ(status.reason(), "OperationCrashed");
  EXPECT_THAT(status.message(), MatchesRegex("signal (24|9).*"));
}

// A process of its own that plays the engine, so that it can be killed.
TEST_F(Isolation, EndsWithTheEngine) {
#ifdef KUBEDIAG_SANITIZED
  GTEST_SKIP() << "forks a process with threads to come, which sanitizers do not support";
#endif
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // what the engine leaves falls to us, for us to see
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t engine = fork();
  ASSERT_GE(engine, 0);
  if (engine == 0) {
    auto runner = ProcessRunner::Create(Options(), *logger_);
    auto run = (*runner)->Prepare(TestModule("looks_around"));
    Job job;
    job.operation = "spawn-and-wait";
    job.listen_socket = write_end.get();
    if ((*run)->Start(std::move(job)).ok()) {
      [[maybe_unused]] const RunOutcome outcome = (*run)->Wait({});
    }
    _exit(0);
  }
  write_end.Reset();
  pid_t pids[2] = {-1, -1};  // the host, and its child in a session of its own
  ASSERT_EQ(read(read_end.get(), pids, sizeof pids), static_cast<ssize_t>(sizeof pids));
  const UniqueFd host = process::OpenPidfd(pids[0]);
  const UniqueFd child = process::OpenPidfd(pids[1]);
  ASSERT_TRUE(host.valid() && child.valid());
  kill(engine, SIGKILL);
  ASSERT_EQ(waitpid(engine, nullptr, 0), engine);
  for (const UniqueFd* pidfd : {&host, &child}) {
    pollfd entry{pidfd->get(), POLLIN, 0};
    EXPECT_EQ(poll(&entry, 1, 10'000), 1) << "it has outlived the engine";
  }
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(Isolation, RunsUnderALowerLimitOfDescriptorsThanTheEngineAsksFor) {
  for (const char* limit : {"64", "20"}) {
    const Script host("ulimit -n " + std::string(limit) + "\nexec " + Options().host_program +
                      " \"$@\"\n");
    ProcessRunnerOptions options;
    options.host_program = host.path();
    const RunOutcome outcome = Look(std::move(options), "look");
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_THAT(outcome.results.at("limits"), HasSubstr("nofile " + std::string(limit) + "\n"));
  }
}

// A host that never reads its job, which no socket holds at once.
class DeafHost : public testing::Test {
 protected:
  DeafHost() {
    ProcessRunnerOptions options;
    options.host_program = script_.path();
    auto runner = ProcessRunner::Create(std::move(options), *logger_);
    EXPECT_TRUE(runner.ok()) << runner.status().ToString();
    runner_ = *std::move(runner);
    auto run = runner_->Prepare(TestModule("looks_around"));
    EXPECT_TRUE(run.ok()) << run.status().ToString();
    run_ = *std::move(run);
  }
  static Job LargeJob(Deadline deadline) {
    Job job;
    job.operation = "look";
    job.deadline = deadline;
    job.parameters["large"] = std::string(32 * kMiB, 'x');
    return job;
  }

  const Script script_{"exec sleep 600\n"};
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  std::unique_ptr<ProcessRunner> runner_;
  std::unique_ptr<operation::OperationRun> run_;
};

TEST_F(DeafHost, LeavesALargeJobOpenToCancellation) {
  ASSERT_TRUE(run_->Start(LargeJob(Deadline::Never())).ok());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(run_->Wait(stop.get_token()).status.reason(), "Cancelled");
}

TEST_F(DeafHost, LeavesALargeJobUnderItsDeadline) {
  ASSERT_TRUE(run_->Start(LargeJob(Deadline::After(std::chrono::milliseconds(1)))).ok());
  EXPECT_EQ(run_->Wait({}).status.code(), StatusCode::kDeadlineExceeded);
}

TEST_F(DeafHost, LeavesALargeJobToStop) {
  ASSERT_TRUE(run_->Start(LargeJob(Deadline::Never())).ok());
  run_->Stop();
  EXPECT_EQ(run_->Wait({}).status.reason(), "Cancelled");
}

TEST_F(Isolation, MissingHostProgramIsSaidAtOnce) {
  ProcessRunnerOptions options;
  options.host_program = "/nowhere/kubediag-operation-host";
  const auto runner = ProcessRunner::Create(std::move(options), *logger_);
  ASSERT_FALSE(runner.ok());
  EXPECT_EQ(runner.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(runner.status().message(), HasSubstr("/nowhere/kubediag-operation-host"));
}

TEST_F(Isolation, HostStartedByHandExplainsItself) {
  process::Command command;
  command.program = Options().host_program;
  auto child = process::Child::Spawn(command);
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(child->Wait(Deadline::Never())->code, 2);
}

TEST(OperationUser, IsANameOrNumbers) {
  EXPECT_EQ(ParseOperationUser("65534")->uid, 65534U);
  EXPECT_EQ(ParseOperationUser("65534")->gid, 65534U);
  EXPECT_EQ(ParseOperationUser("1:2")->gid, 2U);
  EXPECT_EQ(ParseOperationUser("root")->uid, 0U);
  EXPECT_EQ(ParseOperationUser("no-such-user-here").status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(ParseOperationUser("1:").ok());
  EXPECT_FALSE(ParseOperationUser("root:root").ok());
  EXPECT_FALSE(ParseOperationUser("4294967295:0").ok());
}

}  // namespace
}  // namespace kubediag::host
