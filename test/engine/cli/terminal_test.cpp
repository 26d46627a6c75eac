// What a person at a terminal sees.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class TerminalTest : public KubediagTest {
 protected:
  KubediagProcess::Setup AtTerminal(std::vector<std::string> environment) const {
    KubediagProcess::Setup setup = RunCommand({"-f", "all.yaml"});
    setup.terminal = true;
    setup.environment = std::move(environment);
    setup.environment.emplace_back("TERM=xterm");
    return setup;
  }
};

TEST_F(TerminalTest, HasMarksAndColours) {
  folders_.Write("all.yaml",
                 Chain("refusals", {"answer", "refuse"}) + Diagnosis("ask", "refusals"));
  KubediagProcess program(AtTerminal({}));
  EXPECT_EQ(program.Wait(), 1);
  const std::string shown = Plain(program.error());
  EXPECT_THAT(shown, HasSubstr("\x1b[1mrefusals  default/ask on node-1\x1b[0m\r\n"));
  EXPECT_THAT(shown, HasSubstr("  \x1b[32m✓\x1b[0m 1 answer  DURATION   the answer is 42\r\n"));
  EXPECT_THAT(
      shown, HasSubstr("  \x1b[31m✗\x1b[0m 2 refuse  DURATION   no subPath volume in the pod\r\n"));
  EXPECT_THAT(shown, HasSubstr("\x1b[31mFailed\x1b[0m in DURATION"));
}

TEST_F(TerminalTest, ShowsALiveLineWhileAnOperationRuns) {
  folders_.Write("all.yaml", Chain("waits", {"wait"}) + Diagnosis("long", "waits"));
  KubediagProcess program(AtTerminal({}));
  ASSERT_TRUE(program.AwaitError(" 1 wait  0.0"));
  ASSERT_TRUE(program.AwaitError("\x1b[1A\x1b[J"));  // drawn anew by the animation
  ASSERT_TRUE(program.AwaitError(" 1 wait  "));
  program.Signal(SIGINT);
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.error(), HasSubstr("✗"));
}

TEST_F(TerminalTest, HasNoColourWhenNoColorIsSet) {
  folders_.Write("all.yaml", Chain("refusals", {"refuse"}) + Diagnosis("ask", "refusals"));
  KubediagProcess program(AtTerminal({"NO_COLOR=1"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.error(), Not(HasSubstr("\x1b[3")));
  EXPECT_THAT(program.error(), Not(HasSubstr("\x1b[1m")));
  EXPECT_THAT(program.error(), HasSubstr("✗ 1 refuse"));
}

TEST_F(TerminalTest, IsPlainOnADumbTerminal) {
  folders_.Write("all.yaml", Chain("refusals", {"refuse"}) + Diagnosis("ask", "refusals"));
  KubediagProcess::Setup setup = RunCommand({"-f", "all.yaml"});
  setup.terminal = true;
  setup.environment = {"TERM=dumb"};
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.error(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(program.error(), HasSubstr("  failed  1 refuse"));
}

TEST_F(TerminalTest, UsesNoUnicodeWhereTheLocaleHasNone) {
  folders_.Write("all.yaml", Chain("refusals", {"refuse"}) + Diagnosis("ask", "refusals"));
  KubediagProcess program(AtTerminal({"LC_ALL=C", "NO_COLOR=1"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.error(), HasSubstr("  failed  1 refuse"));
  EXPECT_THAT(program.error(), Not(HasSubstr("✗")));
}

TEST_F(TerminalTest, ColoursFindingsOfValidate) {
  folders_.Write("bad.yaml", "kind: OperationSet\n");
  KubediagProcess::Setup setup = Command({"validate", "-f", "bad.yaml"});
  setup.output_terminal = true;
  setup.environment = {"TERM=xterm"};
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_THAT(program.output(), HasSubstr("\x1b[31merror"));
}

}  // namespace
}  // namespace kubediag::cli
