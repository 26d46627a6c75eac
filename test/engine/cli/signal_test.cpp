// Signals while operations run, and what is left behind.

#include <csignal>
#include <filesystem>
#include <fstream>

#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;

class SignalTest : public KubediagTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    folders_.Write("all.yaml", Chain("waits", {"wait"}) + Diagnosis("long", "waits"));
  }
  // Children of a process, by /proc.
  static std::vector<std::string> ChildrenOf(pid_t pid) {
    std::vector<std::string> children;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
      std::ifstream list(task.path() / "children");
      for (std::string child; list >> child;) children.push_back(child);
    }
    return children;
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
  const std::vector<std::string> children = ChildrenOf(program.pid());
  ASSERT_FALSE(children.empty());
  for (const std::string& child : children) kill(std::stoi(child), SIGSTOP);
  program.Signal(SIGINT);
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 128 + SIGTERM);
  EXPECT_EQ(program.output(), "");
  for (const std::string& child : children) {
    std::ifstream stat("/proc/" + child + "/stat");
    std::string text;
    std::getline(stat, text);
    const bool gone = text.empty() || text.find(") Z ") != std::string::npos;
    EXPECT_TRUE(gone) << text;
  }
}

}  // namespace
}  // namespace kubediag::cli
