// What every Runner must do, in a process of its own or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <thread>

#include "engine/core/limits.h"
#include "test/engine/host/runner_fixture.h"

namespace kubediag::host {
namespace {

using operation::Job;
using operation::OperationRun;
using operation::RunOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

using MakeRunner = std::unique_ptr<operation::Runner> (*)(Logger&);

class Conformance : public testing::TestWithParam<MakeRunner> {
 protected:
  std::unique_ptr<OperationRun> Prepare() {
    auto run = runner_->Prepare(TestModule("conformance"));
    EXPECT_TRUE(run.ok()) << run.status().ToString();
    return *std::move(run);
  }

  static Job MakeJob(const std::string& operation, std::map<std::string, std::string> parameters) {
    Job job;
    job.operation = operation;
    job.parameters = std::move(parameters);
    job.deadline = Deadline::After(seconds(60));
    return job;
  }

  RunOutcome Run(Job job) {
    auto run = Prepare();
    const Status started = run->Start(std::move(job));
    EXPECT_TRUE(started.ok()) << started.ToString();
    return run->Wait({});
  }
  RunOutcome Run(const std::string& operation, std::map<std::string, std::string> parameters = {}) {
    return Run(MakeJob(operation, std::move(parameters)));
  }

  RecordingLogger logger_;
  std::unique_ptr<operation::Runner> runner_ = GetParam()(logger_);
  TemporaryFolder folder_;
};

TEST_P(Conformance, DescribesTheModule) {
  const auto descriptor = runner_->Describe(TestModule("conformance"));
  ASSERT_TRUE(descriptor.ok()) << descriptor.status().ToString();
  EXPECT_EQ(descriptor->abi_major, 1U);
  ASSERT_GE(descriptor->operations.size(), 2U);
  EXPECT_EQ(descriptor->operations[0].name, "echo");
  EXPECT_TRUE(descriptor->operations[0].serves_http());
  EXPECT_EQ(descriptor->operations[0].artifact_folder, "test/conformance");
  EXPECT_FALSE(descriptor->operations[1].serves_http());
}

TEST_P(Conformance, HandsOverTheWholeJob) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  Job job = MakeJob("echo", {{"b", "2"}, {"a", "1"}});
  job.settings = {{"arg_key", "z"}, {"script", "true"}, {"arg_key", "y"}};
  job.policy = {{"viewer.host", "one"}, {"viewer.host", "two"}};
  job.secrets = {{"x.secret_reference.name", "token", std::string("\0\xff", 2)}};
  job.artifact_directory = folder_.fd();
  job.artifact_path = "/as/people/see/it";
  job.listen_socket = socket.get();
  job.base_url = "http://127.0.0.1:1/abc/";
  job.libexec_directory = "/libexec";
  const RunOutcome outcome = Run(std::move(job));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_THAT(outcome.results,
              UnorderedElementsAre(
                  Pair("echo.operation", "echo"), Pair("echo.parameters", "a=1;b=2;"),
                  Pair("echo.settings", "arg_key=z;script=true;arg_key=y;"),
                  Pair("echo.policy", "viewer.host=one;viewer.host=two;"),
                  Pair("echo.secrets", "x.secret_reference.name/token=2;"),
                  Pair("echo.base_url", "http://127.0.0.1:1/abc/"),
                  Pair("echo.artifact_path", "/as/people/see/it"),
                  Pair("echo.libexec_directory", "/libexec"), Pair("echo.has_deadline", "true"),
                  Pair("echo.has_artifact_directory", "true"), Pair("echo.has_socket", "true"),
                  Pair("echo.abi", "1.1")));
}

TEST_P(Conformance, HandsOverOnlyWhatTheOperationDeclares) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  Job job = MakeJob("echo-plain", {});
  job.artifact_directory = folder_.fd();
  job.listen_socket = socket.get();
  job.deadline = Deadline::Never();
  const RunOutcome outcome = Run(std::move(job));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.results.at("echo.has_artifact_directory"), "false");
  EXPECT_EQ(outcome.results.at("echo.has_socket"), "false");
  EXPECT_EQ(outcome.results.at("echo.has_deadline"), "false");
}

TEST_P(Conformance, TakesArtifacts) {
  Job job = MakeJob("write-artifact", {});
  job.artifact_directory = folder_.fd();
  const RunOutcome outcome = Run(std::move(job));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  ASSERT_EQ(outcome.artifacts.size(), 1U);
  EXPECT_EQ(outcome.artifacts[0].key, "artifact.report");
  EXPECT_EQ(outcome.artifacts[0].path, "report.txt");
  EXPECT_EQ(ReadFile(folder_.path() + "/report.txt", 100).value(), "report\n");
}

TEST_P(Conformance, TakesNoArtifactFromElsewhere) {
  std::filesystem::create_symlink("/etc/passwd", folder_.path() + "/link");
  for (const char* path : {"../passwd", "/etc/passwd", "link", "missing", "."}) {
    Job job = MakeJob("name-artifact", {{"path", path}});
    job.artifact_directory = folder_.fd();
    const RunOutcome outcome = Run(std::move(job));
    EXPECT_EQ(outcome.status.reason(), "InvalidResult") << path;
  }
}

// It may be a file that the operation cannot read, but the engine can.
TEST_P(Conformance, TakesNoArtifactWithOtherNames) {
  std::ofstream(folder_.path() + "/one") << "x";
  std::filesystem::create_hard_link(folder_.path() + "/one", folder_.path() + "/two");
  Job job = MakeJob("name-artifact", {{"path", "two"}});
  job.artifact_directory = folder_.fd();
  const RunOutcome outcome = Run(std::move(job));
  EXPECT_EQ(outcome.status.reason(), "InvalidResult");
  EXPECT_EQ(outcome.status.message(), "artifact two: it has other names (hard links)");
}

TEST_P(Conformance, TheFirstFailureCounts) {
  const RunOutcome outcome = Run("fail", {{"reason", "OutOfLuck"}, {"code", "2"}});
  EXPECT_EQ(outcome.status.code(), StatusCode::kNotFound);
  EXPECT_EQ(outcome.status.reason(), "OutOfLuck");
  EXPECT_EQ(outcome.status.message(), "the first message");
  EXPECT_THAT(outcome.results, IsEmpty());
}

TEST_P(Conformance, SuccessAfterFailIsFailure) {
  EXPECT_EQ(Run("fail", {{"reason", "OutOfLuck"}, {"code", "0"}}).status.reason(), "OutOfLuck");
}

TEST_P(Conformance, ReasonThatIsNoWordIsReplaced) {
  EXPECT_EQ(Run("fail", {{"reason", "out of luck"}, {"code", "1"}}).status.reason(),
            "OperationFailed");
}

TEST_P(Conformance, CodeWithoutReasonFails) {
  const RunOutcome outcome = Run("code", {{"code", "9"}});
  EXPECT_EQ(outcome.status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(outcome.status.reason(), "OperationFailed");
}

TEST_P(Conformance, UnknownCodeIsInternal) {
  EXPECT_EQ(Run("code", {{"code", "99"}}).status.code(), StatusCode::kInternal);
  EXPECT_EQ(Run("code", {{"code", "-1"}}).status.code(), StatusCode::kInternal);
}

TEST_P(Conformance, ExceptionIsCaught) {
  const RunOutcome outcome = Run("throw");
  EXPECT_EQ(outcome.status.reason(), "OperationThrew");
  EXPECT_THAT(outcome.status.message(), HasSubstr("thrown on purpose"));
  EXPECT_THAT(outcome.results, IsEmpty());
}

TEST_P(Conformance, UnknownOperationIsNotAvailable) {
  EXPECT_EQ(Run("no-such-operation").status.reason(), "OperationNotAvailable");
}

TEST_P(Conformance, OperationWithoutRestoreIsNotRestorable) {
  Job job = MakeJob("code", {{"code", "0"}});
  job.restore = true;
  EXPECT_EQ(Run(std::move(job)).status.reason(), "NotRestorable");
}

TEST_P(Conformance, AsManyResultsAsAllowed) {
  const RunOutcome outcome =
      Run("emit-many", {{"count", std::to_string(kMaxResultKeys)}, {"bytes", "10"}});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.results.size(), kMaxResultKeys);
}

TEST_P(Conformance, OneResultTooMany) {
  const RunOutcome outcome =
      Run("emit-many", {{"count", std::to_string(kMaxResultKeys + 1)}, {"bytes", "10"}});
  EXPECT_EQ(outcome.status.reason(), "ResultLimit");
  EXPECT_THAT(outcome.results, IsEmpty());
}

TEST_P(Conformance, ResultAsLargeAsAllowed) {
  const RunOutcome outcome =
      Run("emit-many", {{"count", "1"}, {"bytes", std::to_string(kMaxResultValueBytes)}});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.results.at("many.0").size(), kMaxResultValueBytes);
}

TEST_P(Conformance, ResultTooLarge) {
  const RunOutcome outcome =
      Run("emit-many", {{"count", "1"}, {"bytes", std::to_string(kMaxResultValueBytes + 1)}});
  EXPECT_EQ(outcome.status.reason(), "ResultLimit");
}

TEST_P(Conformance, AllResultsTogetherTooLarge) {
  const RunOutcome outcome =
      Run("emit-many", {{"count", "3"}, {"bytes", std::to_string(kMaxRunResultBytes / 3 + 1)}});
  EXPECT_EQ(outcome.status.reason(), "ResultLimit");
}

TEST_P(Conformance, LaterResultReplacesTheEarlier) {
  EXPECT_THAT(Run("emit-twice").results, UnorderedElementsAre(Pair("same.key", "second")));
}

TEST_P(Conformance, MalformedResultsAreAnsweredAndNotTaken) {
  const std::string invalid = "1";  // KUBEDIAG_INVALID_ARGUMENT
  for (const std::string& key : {std::string(), std::string("a b"), std::string("k/v"),
                                 std::string(kMaxResultKeyBytes + 1, 'k')}) {
    EXPECT_THAT(Run("emit-key", {{"key", key}, {"value", "v"}}).results,
                UnorderedElementsAre(Pair("answer", invalid)));
  }
  EXPECT_THAT(Run("emit-key", {{"key", "k"}, {"value", "\xc0\xaf"}}).results,
              UnorderedElementsAre(Pair("answer", invalid)));
  const std::string longest(kMaxResultKeyBytes, 'k');
  EXPECT_THAT(Run("emit-key", {{"key", longest}, {"value", ""}}).results,
              UnorderedElementsAre(Pair("answer", "0"), Pair(longest, "")));
}

TEST_P(Conformance, ResultsMayComeFromThreads) {
  const RunOutcome outcome = Run("emit-from-threads");
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.results.size(), 200U);
}

TEST_P(Conformance, LogsThroughTheEngine) {
  EXPECT_TRUE(Run("log").status.ok());
  EXPECT_THAT(logger_.lines(), testing::Contains(Pair(LogLevel::kWarning, "a warning of its own")));
}

TEST_P(Conformance, DeadlineEndsTheRun) {
  Job job = MakeJob("await-end", {});
  job.deadline = Deadline::After(milliseconds(50));
  const RunOutcome outcome = Run(std::move(job));
  EXPECT_EQ(outcome.status.reason(), "OperationTimeout");
  EXPECT_EQ(outcome.status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(outcome.results, IsEmpty());
}

TEST_P(Conformance, StopTokenEndsTheRun) {
  auto run = Prepare();
  ASSERT_TRUE(run->Start(MakeJob("await-end", {})).ok());
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const RunOutcome outcome = run->Wait(stop.get_token());
  EXPECT_EQ(outcome.status.reason(), "Cancelled");
  EXPECT_EQ(outcome.status.code(), StatusCode::kCancelled);
}

TEST_P(Conformance, StopEndsTheRunFromAnyThread) {
  auto run = Prepare();
  ASSERT_TRUE(run->Start(MakeJob("await-end", {})).ok());
  std::jthread one([&] { run->Stop(); });
  std::jthread two([&] { run->Stop(); });
  EXPECT_EQ(run->Wait({}).status.reason(), "Cancelled");
}

TEST_P(Conformance, RunThatWasNeverStartedCostsNothing) {
  auto run = Prepare();
  run->Stop();
  EXPECT_FALSE(run->Start(MakeJob("echo-plain", {})).ok());
}

TEST_P(Conformance, StartsOnce) {
  auto run = Prepare();
  ASSERT_TRUE(run->Start(MakeJob("echo-plain", {})).ok());
  EXPECT_FALSE(run->Start(MakeJob("echo-plain", {})).ok());
  EXPECT_TRUE(run->Wait({}).status.ok());
}

TEST_P(Conformance, ServesUntilItIsStopped) {
  auto run = Prepare();
  Job job = MakeJob("serve", {});
  job.base_url = "http://127.0.0.1:1/abc/";
  ASSERT_TRUE(run->Start(std::move(job)).ok());
  const RunOutcome outcome = run->Wait({});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_TRUE(outcome.serving);
  EXPECT_EQ(outcome.linger, std::chrono::hours(1));
  EXPECT_EQ(outcome.state, "state 1");
  EXPECT_THAT(outcome.results, UnorderedElementsAre(Pair("served.at", "http://127.0.0.1:1/abc/")));
  EXPECT_FALSE(run->WaitServing(Deadline::After(milliseconds(1)), {}));
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_FALSE(run->WaitServing(Deadline::Never(), stopped.get_token()));
  run->Stop();
  EXPECT_TRUE(run->WaitServing(Deadline::Never(), {}));
}

TEST_P(Conformance, DeadlineDoesNotEndWhatServes) {
  auto run = Prepare();
  Job job = MakeJob("serve", {});
  const Deadline deadline = Deadline::After(seconds(1));
  job.deadline = deadline;
  ASSERT_TRUE(run->Start(std::move(job)).ok());
  ASSERT_TRUE(run->Wait({}).serving);
  EXPECT_FALSE(run->WaitServing(Deadline::At(deadline.time() + milliseconds(100)), {}));
}

TEST_P(Conformance, EarlyEndOfServingShows) {
  auto run = Prepare();
  ASSERT_TRUE(run->Start(MakeJob("serve", {{"exit", "early"}})).ok());
  ASSERT_TRUE(run->Wait({}).serving);
  EXPECT_TRUE(run->WaitServing(Deadline::After(seconds(60)), {}));
}

TEST_P(Conformance, RestoreIsGivenTheState) {
  auto run = Prepare();
  Job job = MakeJob("serve", {});
  job.restore = true;
  job.state = "state 1";
  ASSERT_TRUE(run->Start(std::move(job)).ok());
  const RunOutcome outcome = run->Wait({});
  ASSERT_TRUE(outcome.serving) << outcome.status.ToString();
  EXPECT_EQ(outcome.state, "state 1 again");
}

TEST_P(Conformance, CompleteNeedsTheFeature) {
  EXPECT_EQ(Run("complete-without-feature").status.code(), StatusCode::kFailedPrecondition);
}

TEST_P(Conformance, RunsInParallel) {
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        const std::string value = std::to_string(t) + "." + std::to_string(i);
        const RunOutcome outcome = Run("emit-key", {{"key", "k"}, {"value", value}});
        if (outcome.status.ok() && outcome.results.at("k") == value) ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 40);
}

INSTANTIATE_TEST_SUITE_P(InProcess, Conformance, testing::Values(&MakeInProcessRunner));
INSTANTIATE_TEST_SUITE_P(Process, Conformance, testing::Values(&MakeProcessRunner));

}  // namespace
}  // namespace kubediag::host
