#include "plugins/script_runner/operation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/fake_host.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace kubediag::script_runner {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class ScriptRunnerTest : public ::testing::Test {
 protected:
  FakeRun Run(const std::string& script) {
    return host_.Setting("name", "mine").Setting("script", script).Run("script-runner");
  }
  FakeHost host_;
};

TEST_F(ScriptRunnerTest, OutputIsTheResult) {
  host_.Setting("operation_result_key", "disk");
  const FakeRun run = Run("echo hello; echo aside >&2");
  ASSERT_TRUE(run.ok()) << run.message;
  EXPECT_THAT(run.results, UnorderedElementsAre(Pair("operation.disk.output", "hello\n"),
                                                Pair("operation.disk.stderr", "aside\n")));
}

TEST_F(ScriptRunnerTest, WithoutResultKeyThereIsNoResult) {
  const FakeRun run = Run("echo hello");
  ASSERT_TRUE(run.ok()) << run.message;
  EXPECT_TRUE(run.results.empty());
}

TEST_F(ScriptRunnerTest, AMissingArgumentIsEmptyAndLaterOnesKeepTheirPlace) {
  host_.Setting("operation_result_key", "k")
      .Setting("arg_key", "first")
      .Setting("arg_key", "missing")
      .Setting("arg_key", "third")
      .Parameter("third", "3 with blanks; $(false) 'quoted'")
      .Parameter("first", "1");
  const FakeRun run = Run(R"(printf '%s|%s|%s|%s' "$#" "$1" "$2" "$3")");
  ASSERT_TRUE(run.ok()) << run.message;
  EXPECT_EQ(run.results.at("operation.k.output"), "3|1||3 with blanks; $(false) 'quoted'");
}

TEST_F(ScriptRunnerTest, TheExitStatusCounts) {
  host_.Setting("operation_result_key", "k");
  const FakeRun run = Run("echo partly; echo 'no such volume' >&2; exit 3");
  EXPECT_EQ(run.reason, "ScriptFailed");
  EXPECT_EQ(run.message, "script mine ended with exit status 3: no such volume");
  EXPECT_TRUE(run.results.empty());
}

TEST_F(ScriptRunnerTest, AFailedScriptThatOnlyPrintsIsQuotedToo) {
  EXPECT_EQ(Run("echo 'disk full'; exit 1").message,
            "script mine ended with exit status 1: disk full");
}

TEST_F(ScriptRunnerTest, AFailureQuotesTheVeryEndOfWhatWasCut) {
  const FakeRun run =
      Run("{ yes noise | head -c 2000000; echo; echo THE-REAL-ERROR; } >&2; exit 3");
  EXPECT_EQ(run.reason, "ScriptFailed");
  EXPECT_THAT(run.message, HasSubstr("exit status 3, standard error cut at 1048576 bytes "
                                     "(2000016 were written): "));
  EXPECT_THAT(run.message, ::testing::EndsWith("; THE-REAL-ERROR"));
}

TEST_F(ScriptRunnerTest, AFailureQuotesTheEndOfCutOutputToo) {
  const FakeRun run = Run("yes noise | head -c 2000000; echo; echo THE-REAL-ERROR; exit 3");
  EXPECT_THAT(run.message, HasSubstr("exit status 3, output cut at 1048576 bytes "));
  EXPECT_THAT(run.message, ::testing::EndsWith("; THE-REAL-ERROR"));
}

TEST_F(ScriptRunnerTest, ACommandThatDoesNotExistFails) {
  const FakeRun run = Run("no-such-command-here");
  EXPECT_EQ(run.reason, "ScriptFailed");
  EXPECT_THAT(run.message, HasSubstr("exit status 127"));
  EXPECT_THAT(run.message, HasSubstr("no-such-command-here"));
}

TEST_F(ScriptRunnerTest, AScriptKilledByASignalFails) {
  EXPECT_THAT(Run("kill -KILL $$").message, HasSubstr("ended with signal 9"));
}

TEST_F(ScriptRunnerTest, OutputIsCutAtItsCapAndTheScriptStillEnds) {
  host_.Setting("operation_result_key", "k");
  const FakeRun run = Run("head -c 3000000 /dev/zero | tr '\\0' x");
  ASSERT_TRUE(run.ok()) << run.message;
  EXPECT_EQ(run.results.at("operation.k.output").size(), 1024U * 1024U);
  ASSERT_EQ(run.log.size(), 1U);
  EXPECT_THAT(run.log[0].text, HasSubstr("1951424 bytes of output"));
  const std::string said = "output cut at 1048576 bytes (3000000 were written)";
  EXPECT_EQ(run.results.at("operation.k.truncated"), said);
  EXPECT_EQ(run.results.at("operation.k.result.summary"), said);
}

TEST_F(ScriptRunnerTest, CutStandardErrorIsToldToo) {
  host_.Setting("operation_result_key", "k");
  const FakeRun run = Run("head -c 1048577 /dev/zero | tr '\\0' x >&2");
  ASSERT_TRUE(run.ok()) << run.message;
  EXPECT_EQ(run.results.at("operation.k.truncated"),
            "standard error cut at 1048576 bytes (1048577 were written)");
}

TEST_F(ScriptRunnerTest, OutputThatIsNotUtf8IsMadeSo) {
  host_.Setting("operation_result_key", "k");
  EXPECT_EQ(Run(R"(printf 'a\377b')").results.at("operation.k.output"),
            "a\xef\xbf\xbd"
            "b");
}

TEST_F(ScriptRunnerTest, TheDeadlineEndsTheWholeGroup) {
  host_.Timeout(std::chrono::milliseconds(500));
  const std::string pid_file = ::testing::TempDir() + "/script-runner-pid";
  const auto start = std::chrono::steady_clock::now();
  const FakeRun run = Run("trap '' TERM; sleep 600 & echo $! > " + pid_file + "; wait; sleep 600");
  EXPECT_EQ(run.reason, "OperationTimeout");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
  pid_t sleeper = 0;
  std::ifstream(pid_file) >> sleeper;
  ASSERT_GT(sleeper, 1);
  // It ends at once, but is reaped by whoever inherits it.
  std::string state = "S";
  while (kill(sleeper, 0) == 0 && state != "Z") {
    std::string ignored;
    std::ifstream("/proc/" + std::to_string(sleeper) + "/stat") >> ignored >> ignored >> state;
  }
}

TEST_F(ScriptRunnerTest, CancellingEndsTheScript) {
  const std::string started = ::testing::TempDir() + "/script-runner-started";
  std::remove(started.c_str());
  host_.Setting("name", "mine").Setting("script", ": > " + started + "; sleep 600");
  host_.Start("script-runner");
  while (!std::ifstream(started).good()) std::this_thread::yield();
  const FakeRun run = host_.Finish();
  EXPECT_EQ(run.reason, "Cancelled");
}

TEST_F(ScriptRunnerTest, TheEnvironmentIsClean) {
  setenv("KUBEDIAG_TEST_SECRET", "hidden", 1);
  host_.Setting("operation_result_key", "k");
  const std::string output = Run("env; pwd").results.at("operation.k.output");
  EXPECT_THAT(output, HasSubstr("PATH="));
  EXPECT_THAT(output, ::testing::Not(HasSubstr("hidden")));
  EXPECT_THAT(output, ::testing::EndsWith("\n/\n"));
}

TEST_F(ScriptRunnerTest, AScriptThatIsMissingIsNamed) {
  const FakeRun run = host_.Setting("name", "mine").Run("script-runner");
  EXPECT_EQ(run.reason, "MissingSetting");
}

TEST_F(ScriptRunnerTest, AnArgumentTheKernelWouldRefuseIsNamedWithItsLimit) {
  constexpr size_t kMost = 128 * 1024 - 1;
  host_.Setting("arg_key", "small").Setting("arg_key", "huge").Setting("operation_result_key", "k");
  host_.Parameter("small", "1").Parameter("huge", std::string(kMost, 'x'));
  const FakeRun longest = Run("printf %s \"${#2}\"");
  ASSERT_TRUE(longest.ok()) << longest.message;
  EXPECT_EQ(longest.results.at("operation.k.output"), "131071");

  FakeHost host;
  host.Setting("name", "mine").Setting("script", "true").Setting("arg_key", "huge");
  const FakeRun run = host.Parameter("huge", std::string(kMost + 1, 'x')).Run("script-runner");
  EXPECT_EQ(run.reason, "InvalidParameter");
  EXPECT_EQ(run.message, "huge has 131072 bytes, an argument of a script can have 131071");
}

TEST_F(ScriptRunnerTest, ArgumentsTooLongInAllAreToldBeforeTheStart) {
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    host_.Setting("arg_key", key).Parameter(key, std::string(100'000, 'x'));
  }
  const FakeRun run = Run("true");
  EXPECT_EQ(run.reason, "InvalidParameter");
  EXPECT_THAT(run.message, HasSubstr("and with it the arguments of the script pass the "));
}

}  // namespace
}  // namespace kubediag::script_runner
