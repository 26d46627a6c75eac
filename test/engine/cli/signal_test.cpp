// Signals while operations run, and what is left behind.

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "engine/core/unique_fd.h"
#include "test/engine/cli/kubediag_test.h"
#include "test/engine/cli/processes.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;

class SignalTest : public KubediagTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    folders_.Write("all.yaml", Chain("waits", {"wait"}) + Diagnosis("long", "waits"));
  }
};

TEST_P(SignalTest, CancelsWhatRunsAndStillPrintsTheStatus) {
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  ASSERT_TRUE(program.AwaitError("waiting"));
  program.Signal(GetParam());
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.output(), HasSubstr("phase: Failed"));
  EXPECT_THAT(program.output(), HasSubstr("reason: Cancelled"));
  EXPECT_THAT(program.error(), HasSubstr("Failed in "));
}

INSTANTIATE_TEST_SUITE_P(Each, SignalTest, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_F(SignalTest, CancelsAllOfSeveralDiagnoses) {
  std::string text = Chain("waits", {"wait"});
  for (int i = 0; i < 6; ++i) text += Diagnosis("long-" + std::to_string(i), "waits");
  folders_.Write("all.yaml", text);
  KubediagProcess program(RunCommand({"-f", "all.yaml", "-o", "wide"}));
  ASSERT_TRUE(program.AwaitError("waiting"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 1);
  size_t failed = 0;
  for (size_t at = 0; (at = program.output().find(" Failed ", at)) != std::string::npos; ++at) {
    ++failed;
  }
  EXPECT_EQ(failed, 6U) << program.output();
}

TEST_F(SignalTest, EndsAtOnceOnTheSecondSignalAndLeavesNoProcess) {
  // A process that is stopped cannot obey the first signal; only the second ends the wait for it.
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  ASSERT_TRUE(program.AwaitError("waiting"));
  std::vector<UniqueFd> children;
  for (const pid_t child : ChildrenOf(program.pid())) {
    children.emplace_back(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    ASSERT_TRUE(children.back().valid()) << strerror(errno);
    kill(child, SIGSTOP);
    ASSERT_TRUE(AwaitStopped(child));
  }
  ASSERT_FALSE(children.empty());
  program.Signal(SIGINT);
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 128 + SIGTERM);
  EXPECT_EQ(program.output(), "");
  for (const UniqueFd& child : children) {
    // The kernel delivers the death of the parent; it may take the child a moment to obey.
    pollfd ended{child.get(), POLLIN, 0};
    EXPECT_EQ(poll(&ended, 1, 60'000), 1) << "a process outlived the engine";
  }
}

}  // namespace
}  // namespace kubediag::cli
