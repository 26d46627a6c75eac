// Each bad module: the reason it gives, and that the engine's process is afterwards as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/logging.h"
#include "engine/host/process_runner.h"

namespace kubediag::host {
namespace {

namespace fs = std::filesystem;
using operation::RunOutcome;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ModulePath(const std::string& name) {
  return std::string(KUBEDIAG_BINARY_DIR) + "/test/modules/" + name + ".so";
}

size_t OpenDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

// Zombies included.
std::vector<std::string> ChildProcesses() {
  std::vector<std::string> children;
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    for (std::string pid; file >> pid;) children.push_back(pid);
  }
  return children;
}

// Of the anonymous kind: what the heap and the stacks take.
size_t ResidentKiB() {
  malloc_trim(0);
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("RssAnon:")) return std::stoul(line.substr(8));
  }
  return 0;
}

class BadModules : public testing::Test {
 protected:
  void SetUp() override {
    ProcessRunnerOptions options;
    options.host_program =
        std::string(KUBEDIAG_BINARY_DIR) + "/libexec/kubediag/kubediag-operation-host";
    auto runner = ProcessRunner::Create(options, *logger_);
    ASSERT_TRUE(runner.ok()) << runner.status().ToString();
    runner_ = *std::move(runner);
    ExpectGoodRun();  // what the first run allocates once is not the module's doing
    descriptors_ = OpenDescriptors();
    resident_kib_ = ResidentKiB();
  }

  void TearDown() override {
    EXPECT_THAT(ChildProcesses(), IsEmpty()) << "a zombie or an orphan";
    EXPECT_EQ(OpenDescriptors(), descriptors_) << "a descriptor leaked";
#ifndef KUBEDIAG_SANITIZED
    constexpr size_t kToleranceKiB = 4 * 1024;
    EXPECT_LE(ResidentKiB(), resident_kib_ + kToleranceKiB);
#endif
    ExpectGoodRun();
    EXPECT_THAT(ChildProcesses(), IsEmpty());
  }

  RunOutcome Run(const std::string& module, const std::string& operation, Deadline deadline) {
    auto run = runner_->Prepare(ModulePath(module));
    if (!run.ok()) return RunOutcome{run.status(), {}, {}, false, {}, {}};
    operation::Job job;
    job.operation = operation;
    job.deadline = deadline;
    const Status started = (*run)->Start(std::move(job));
    if (!started.ok()) return RunOutcome{started, {}, {}, false, {}, {}};
    return (*run)->Wait({});
  }

  Status RunBad(const std::string& module) {
    return Run(module, "bad", Deadline::After(std::chrono::seconds(60))).status;
  }

  void ExpectGoodRun() {
    const RunOutcome outcome = Run("good", "good", Deadline::After(std::chrono::seconds(60)));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_EQ(outcome.results.size(), 1U);
  }

  // Both ways to meet it: when it is looked at, and when it is to be run.
  void ExpectRefused(const std::string& module, const std::string& reason,
                     const std::string& message) {
    const auto descriptor = runner_->Describe(ModulePath(module));
    ASSERT_FALSE(descriptor.ok());
    EXPECT_EQ(descriptor.status().code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(descriptor.status().reason(), reason) << descriptor.status().ToString();
    EXPECT_THAT(descriptor.status().message(), HasSubstr(message));
    const Status run = RunBad(module);
    EXPECT_EQ(run.reason(), reason) << run.ToString();
  }

  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  std::unique_ptr<ProcessRunner> runner_;
  size_t descriptors_ = 0;
  size_t resident_kib_ = 0;
};

TEST_F(BadModules, NoSharedObjectIsRefused) {
  const auto path = fs::temp_directory_path() / ("kubediag-text-" + std::to_string(getpid()));
  std::ofstream(path) << "not an object";
  const auto descriptor = runner_->Describe(path);
  fs::remove(path);
  EXPECT_EQ(descriptor.status().reason(), "NotAModule");
}

TEST_F(BadModules, MissingFileIsNotFound) {
  EXPECT_EQ(runner_->Describe("/nowhere/at/all.so").status().code(), StatusCode::kNotFound);
}

TEST_F(BadModules, MissingSymbolIsRefused) {
  ExpectRefused("no_symbol", "NotAModule", "does not export kubediag_operation_module_v1");
}

TEST_F(BadModules, UndefinedSymbolIsToldInTheLinkersWordsOnly) {
  const auto descriptor = runner_->Describe(ModulePath("undefined_symbol"));
  EXPECT_EQ(descriptor.status().reason(), "LoadFailed");
  EXPECT_EQ(descriptor.status().message(), "load " + ModulePath("undefined_symbol") +
                                               ": undefined symbol: kubediag_test_nobody_has_it");
}

TEST_F(BadModules, OtherMajorVersionIsRefused) {
  ExpectRefused("wrong_major", "AbiMismatch", "needs ABI 2.0, this engine has 1.1");
}

TEST_F(BadModules, LaterMinorVersionIsRefused) {
  ExpectRefused("newer_minor", "AbiMismatch", "built for a newer kubediag");
}

TEST_F(BadModules, DecliningModuleIsRefused) { ExpectRefused("declines", "Declined", "declines"); }

TEST_F(BadModules, ShortStructIsRefused) {
  ExpectRefused("short_struct", "ShortStruct", "operations[0].struct_size is 8");
}

TEST_F(BadModules, NullEntryIsRefused) {
  ExpectRefused("null_entry", "NullEntry", "operations[0] is null");
}

TEST_F(BadModules, NullRunIsRefused) { ExpectRefused("null_run", "NullEntry", "run is null"); }

TEST_F(BadModules, UnknownRequiredFeatureIsRefused) {
  ExpectRefused("unknown_feature", "UnknownFeature",
                "descriptor needs ABI feature 0x40, this engine knows 0x3f: built for a newer");
}

TEST_F(BadModules, DuplicateOperationIsRefused) {
  ExpectRefused("duplicate_operation", "DuplicateOperation", "bad is declared twice");
}

TEST_F(BadModules, NameThatIsNoLabelIsRefused) {
  ExpectRefused("bad_name", "BadName", "\"Bad/Name\"");
}

TEST_F(BadModules, SecretKeyWithWrongEndingIsRefused) {
  ExpectRefused("bad_secret_key", "BadSecretKey", "does not end in secret_reference.name");
}

TEST_F(BadModules, TextThatIsNotUtf8IsRefused) {
  ExpectRefused("doc_not_utf8", "BadText", "doc is not UTF-8");
}

TEST_F(BadModules, ExitOnLoadIsRefused) {
  ExpectRefused("exits_on_load", "OperationExited", "exit status 7");
}

TEST_F(BadModules, ThrownIntIsCaught) {
  EXPECT_EQ(RunBad("throws_int").reason(), "OperationThrew");
}

TEST_F(BadModules, ExitIsNotSuccess) {
  const Status status = RunBad("exits");
  EXPECT_EQ(status.reason(), "OperationExited");
  EXPECT_THAT(status.message(), HasSubstr("exit status 0 before it had answered"));
}

TEST_F(BadModules, AbortIsACrashWithItsLastWords) {
  const Status status = RunBad("aborts");
#ifdef KUBEDIAG_SANITIZED
  GTEST_SKIP() << "a sanitizer may answer the signal itself: " << status.ToString();
#endif
  EXPECT_EQ(status.reason(), "OperationCrashed");
  EXPECT_THAT(status.message(), HasSubstr("signal 6"));
  EXPECT_THAT(status.message(), HasSubstr("last words"));
}

TEST_F(BadModules, SegmentationFaultIsACrash) {
#ifdef KUBEDIAG_SANITIZED
  GTEST_SKIP() << "the sanitizer answers the signal itself";
#endif
  const Status status = RunBad("segfaults");
  EXPECT_EQ(status.reason(), "OperationCrashed");
  EXPECT_THAT(status.message(), HasSubstr("signal 11"));
}

TEST_F(BadModules, StackOverflowIsACrash) {
#ifdef KUBEDIAG_SANITIZED
  GTEST_SKIP() << "the sanitizer answers the signal itself";
#endif
  const Status status = RunBad("overflows_stack");
  EXPECT_EQ(status.reason(), "OperationCrashed");
  EXPECT_THAT(status.message(), HasSubstr("signal 11"));
}

TEST_F(BadModules, EndlessLoopMeetsItsDeadline) {
  const auto status =
      Run("loops_for_ever", "bad", Deadline::After(std::chrono::milliseconds(200))).status;
  EXPECT_EQ(status.reason(), "OperationTimeout");
}

TEST_F(BadModules, RunThatIgnoresItsEndIsKilled) {
  const auto status =
      Run("ignores_cancel", "bad", Deadline::After(std::chrono::milliseconds(200))).status;
  EXPECT_EQ(status.reason(), "OperationTimeout");
}

TEST_F(BadModules, MemoryIsLimited) {
#ifdef KUBEDIAG_SANITIZED
  GTEST_SKIP() << "RLIMIT_AS does not go with sanitizers";
#endif
  EXPECT_EQ(RunBad("allocates_10_gb").reason(), "OutOfMemory");
}

TEST_F(BadModules, DescriptorsAreLimited) {
#ifdef KUBEDIAG_SANITIZED
  GTEST_SKIP() << "the sanitizer's run-time ends a process that has no descriptor left";
#endif
  EXPECT_EQ(RunBad("leaks_descriptors").reason(), "OutOfDescriptors");
}

TEST_F(BadModules, ProcessesLeftBehindAreEnded) {
  const RunOutcome outcome =
      Run("leaves_orphans", "bad", Deadline::After(std::chrono::seconds(60)));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.results.at("left.behind"), "3");
  EXPECT_THAT(ChildProcesses(), IsEmpty());
}

TEST_F(BadModules, FloodOfResultsIsLimited) {
  EXPECT_EQ(RunBad("floods_keys").reason(), "ResultLimit");
}

TEST_F(BadModules, HugeResultIsLimited) { EXPECT_EQ(RunBad("huge_value").reason(), "ResultLimit"); }

TEST_F(BadModules, ResultThatIsNotUtf8IsInvalid) {
  const Status status = RunBad("not_utf8");
  EXPECT_EQ(status.reason(), "InvalidResult");
  EXPECT_THAT(status.message(), HasSubstr("result bytes is not UTF-8"));
}

TEST_F(BadModules, GarbageOnTheProtocolIsNoticed) {
  EXPECT_EQ(RunBad("writes_garbage").reason(), "ProtocolError");
}

TEST_F(BadModules, StandardStreamsDoNotDisturbTheProtocol) {
  const RunOutcome outcome =
      Run("writes_to_standard_streams", "bad", Deadline::After(std::chrono::seconds(60)));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
}

TEST_F(BadModules, ClosedProtocolIsNoticedAtItsEnd) {
  EXPECT_EQ(RunBad("closes_descriptors").reason(), "ProtocolError");
}

TEST_F(BadModules, ClosedProtocolIsNoticedWithoutAnEnd) {
  EXPECT_EQ(RunBad("closes_and_stays").reason(), "ProtocolError");
}

}  // namespace
}  // namespace kubediag::host
