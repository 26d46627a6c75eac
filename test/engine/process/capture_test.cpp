#include "engine/process/capture.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <thread>

#include "test/engine/process/shell.h"

namespace kubediag::process {
namespace {

Completed RunScript(const std::string& script, RunOptions options = {}) {
  auto completed = Run(Shell(script), std::move(options));
  EXPECT_TRUE(completed.ok()) << completed.status().ToString();
  return *std::move(completed);
}

TEST(Run, KeepsBothStreamsAndTheExit) {
  const Completed completed = RunScript("echo out; echo err >&2; exit 4");
  EXPECT_EQ(completed.output, "out\n");
  EXPECT_EQ(completed.error, "err\n");
  EXPECT_EQ(completed.exit.code, 4);
  EXPECT_EQ(completed.ending, Completed::Ending::kExited);
}

TEST(Run, FeedsStandardInput) {
  RunOptions options;
  options.input = std::string(1 << 20, 'x');
  EXPECT_EQ(RunScript("wc -c", options).output, "1048576\n");
}

TEST(Run, ProgramThatReadsNothingIsNoProblem) {
  RunOptions options;
  options.input = std::string(1 << 20, 'x');
  EXPECT_TRUE(RunScript("exit 0", options).exit.success());
}

TEST(Run, OutputAtItsCapIsWhole) {
  RunOptions options;
  options.max_output = 10;
  const Completed completed = RunScript("printf 0123456789", options);
  EXPECT_EQ(completed.output, "0123456789");
  EXPECT_EQ(completed.output_dropped, 0U);
}

TEST(Run, OutputBeyondItsCapIsDrained) {
  RunOptions options;
  options.max_output = 10;
  options.max_error = 0;
  const Completed completed = RunScript(
      "head -c 1000000 /dev/zero | tr '\\0' x; head -c 200000 /dev/zero >&2; exit 0", options);
  EXPECT_TRUE(completed.exit.success());
  EXPECT_EQ(completed.output, "xxxxxxxxxx");
  EXPECT_EQ(completed.output_dropped, 999990U);
  EXPECT_EQ(completed.error_dropped, 200000U);
}

TEST(Run, TheEndOfAStreamIsKeptWhateverIsDropped) {
  RunOptions options;
  options.max_output = 10;
  options.max_end = 8;
  EXPECT_EQ(RunScript("printf 0123", options).output_end, "0123");
  EXPECT_EQ(RunScript("printf 0123456789", options).output_end, "23456789");
  EXPECT_EQ(RunScript("printf 0123456789ab", options).output_end, "456789ab");
  const Completed completed =
      RunScript("head -c 1000000 /dev/zero; printf ab; sleep 0; printf cdefghijklm", options);
  EXPECT_EQ(completed.output_end, "fghijklm");
  EXPECT_EQ(completed.error_end, "");
}

TEST(Run, DeadlineEndsIt) {
  RunOptions options;
  options.deadline = Deadline::After(std::chrono::milliseconds(10));
  const Completed completed = RunScript("exec sleep 600", options);
  EXPECT_EQ(completed.ending, Completed::Ending::kDeadline);
  EXPECT_EQ(completed.exit.signal, SIGTERM);
}

TEST(Run, KillFollowsTerm) {
  RunOptions options;
  options.deadline = Deadline::After(std::chrono::milliseconds(300));
  options.grace = std::chrono::milliseconds(10);
  const Completed completed = RunScript("trap '' TERM; while :; do :; done", options);
  EXPECT_EQ(completed.ending, Completed::Ending::kDeadline);
  EXPECT_EQ(completed.exit.signal, SIGKILL);
}

TEST(Run, StopTokenEndsIt) {
  std::stop_source stop;
  RunOptions options;
  options.stop = stop.get_token();
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(RunScript("exec sleep 600", options).ending, Completed::Ending::kStopped);
}

TEST(Run, GrandchildWithTheStreamsDoesNotHoldItUp) {
  const Completed completed = RunScript("sleep 600 & echo done");
  EXPECT_TRUE(completed.exit.success());
  EXPECT_EQ(completed.output, "done\n");
}

}  // namespace
}  // namespace kubediag::process
