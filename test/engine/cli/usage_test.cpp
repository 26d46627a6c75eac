// The command line itself: help, versions, mistakes, external commands.

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class UsageTest : public KubediagTest {
 protected:
  struct Ended {
    int status;
    std::string output;
    std::string error;
  };
  static Ended Call(std::vector<std::string> arguments,
                    const std::string& program = KubediagProcess::KubediagProgram()) {
    KubediagProcess::Setup setup;
    setup.arguments = std::move(arguments);
    setup.program = program;
    KubediagProcess process(setup);
    const int status = process.Wait();
    return {status, process.output(), process.error()};
  }
  static std::string OutputOf(const KubediagProcess::Setup& setup) {
    KubediagProcess process(setup);
    EXPECT_EQ(process.Wait(), 0);
    return process.output();
  }
  static size_t LongestLine(const std::string& text) {
    size_t longest = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    return longest;
  }
};

TEST_F(UsageTest, HasHelpWithAnExampleForEverySubcommand) {
  EXPECT_EQ(Call({"--help"}).status, 0);
  for (const char* command :
       {"run", "validate", "operations", "agent", "controller", "version", "completion"}) {
    const Ended help = Call({command, "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.error, "");
    EXPECT_THAT(help.output, HasSubstr("Example"));
    EXPECT_THAT(help.output, HasSubstr("  kubediag " + std::string(command)));
  }
}

TEST_F(UsageTest, HelpKeepsWithinTheTerminal) {
  const std::vector<std::string> names = {"--operations-dir DIR ...", "--viewer-ports FIRST-LAST",
                                          "--operation-user USER[:GROUP]",
                                          "--log-level debug|error|info|warning"};
  const std::vector<std::pair<const char*, size_t>> widths = {
      {"", 80}, {"COLUMNS=72", 72}, {"COLUMNS=50", 50}, {"COLUMNS=400", 100}, {"COLUMNS=wide", 80}};
  for (const auto& [variable, width] : widths) {
    for (const std::string command : {"", "run", "validate", "operations", "completion"}) {
      KubediagProcess::Setup setup;
      if (!command.empty()) setup.arguments = {command};
      setup.arguments.emplace_back("--help");
      if (*variable != '\0') setup.environment = {variable};
      const std::string help = OutputOf(setup);
      EXPECT_LE(LongestLine(help), width) << help;
      if (command != "run") continue;
      for (const std::string& name : names) EXPECT_THAT(help, HasSubstr("\n  " + name)) << help;
      EXPECT_GT(LongestLine(help), width * 3 / 4) << "the width is used";
    }
  }
}

TEST_F(UsageTest, HelpAsksTheTerminalForItsWidth) {
  KubediagProcess::Setup setup;
  setup.arguments = {"run", "--help"};
  setup.output_terminal = true;  // 100 columns
  EXPECT_GT(LongestLine(OutputOf(setup)), 81U);
  setup.environment = {"COLUMNS=60"};
  EXPECT_LE(LongestLine(OutputOf(setup)), 61U) << "with the carriage return";
}

TEST_F(UsageTest, TextsOfHelpStandInOneColumn) {
  std::istringstream lines(Call({"operations", "--help"}).output);
  size_t texts = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("     ")) continue;  // the rest of an option's text
    EXPECT_EQ(line.find_first_not_of(' '), 30U) << line;
    ++texts;
  }
  EXPECT_GE(texts, 4U);
}

TEST_F(UsageTest, PrintsVersionAbiAndCompiler) {
  const Ended version = Call({"version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.output, StartsWith("kubediag "));
  EXPECT_THAT(version.output, HasSubstr("\noperation ABI 1.1\ncompiler "));
}

TEST_F(UsageTest, HasAVersionOptionToo) {
  EXPECT_EQ(Call({"--version"}).status, 0);
  EXPECT_EQ(Call({"--version"}).output, Call({"version"}).output);
}

TEST_F(UsageTest, ClosedStandardStreamsStayClosed) {
  const std::string program = KubediagProcess::KubediagProgram();
  EXPECT_EQ(Call({"-c", "exec " + program + " version <&- 2>&-"}, "/bin/sh").status, 0);
  const Ended ended = Call({"-c", "exec " + program + " version <&- >&-"}, "/bin/sh");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.error, HasSubstr("Bad file descriptor"));
}

TEST_F(UsageTest, SaysThatAFolderOfOperationsIsNone) {
  const Ended ended = Call({"operations", "--operations-dir", "/no/such/folder"});
  EXPECT_THAT(ended.error,
              StartsWith("kubediag: --operations-dir: /no/such/folder is no folder\n"));
}

TEST_F(UsageTest, ExitsWithTwoOnMistakes) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"run"},
           {"run", "-f"},
           {"run", "-f", "x", "--no-such-option"},
           {"agent", "--watch-timeout", "1s"},
           {"agent", "--watch-timeout", "10m"},  // deaf for longer than the controller waits
           {"run", "-f", "x", "-o", "xml"},
           {"run", "-f", "x", "--viewer-ports", "9-1"},
           {"run", "-f", "x", "--allow-source-cidr", "everywhere"},
           {"run", "-f", "x", "--allow-source-cidr", "127.0.0.1/8"},
           {"run", "-f", "x", "--viewer-address", "localhost"},
           {"run", "-f", "x", "--watch", "--exit"},
           {"run", "-f", "x", "--log-level", "loud"},
           {"run", "-f", "x", "--operation-user", "nobody-knows-me"},
           {"run", "-f", "x", "--data-root", ""},
           {"run", "-f", "x", "--data-root="},
           {"validate", "-f", "x", "--data-root", ""},
           {"operations", "--operations-dir", ""},
           {"run", "-f", ""},
           {"run", "-f", "x", "--node-name", ""},
           {"run", "-f", "x", "--metrics-file", ""},
           {"run", "-f", "x", "--metrics-file", "/tmp"},
           {"run", "-f", "x", "--max-concurrent", "0"},
           {"run", "-f", "x", "--max-concurrent", "65"},
           {"run", "-f", "x", "--viewer-host", "a:b"},
           {"run", "-f", "x", "--data-root", "a", "--data-root", "b"},
           {"completion", "fish"},
           {"validate"}}) {
    const Ended ended = Call(arguments);
    EXPECT_EQ(ended.status, 2) << testing::PrintToString(arguments);
    EXPECT_EQ(ended.output, "");
    EXPECT_THAT(ended.error, StartsWith("kubediag: "));
  }
}

TEST_F(UsageTest, TellsWhatTheNameOfANodeIs) {
  for (const char* name : {"Node_1", "-node", "a b", "n\x1b[31m", "a..b"}) {
    const Ended ended = Call({"run", "-f", "x", "--node-name", name});
    EXPECT_EQ(ended.status, 2);
    EXPECT_THAT(ended.error, HasSubstr("is no name of a node: lower-case letters, digits"));
    EXPECT_EQ(ended.error.find('\x1b'), std::string::npos);
  }
}

TEST_F(UsageTest, SaysWhatRangeWasMeant) {
  const Ended ended = Call({"run", "-f", "x", "--allow-source-cidr", "127.0.0.1/8"});
  EXPECT_THAT(ended.error, HasSubstr("bits beyond the prefix are set; the range is 127.0.0.0/8"));
}

TEST_F(UsageTest, SaysThatAnOptionIsGivenTwice) {
  EXPECT_EQ(Call({"validate", "-f", "x", "--data-root", "a", "--data-root", "b"}).error,
            "kubediag: --data-root: given twice\n");
}

TEST_F(UsageTest, NamesTheNearestCommand) {
  EXPECT_EQ(Call({"rnu"}).error, "kubediag: there is no command \"rnu\"; did you mean run?\n");
  EXPECT_EQ(Call({"rnu"}).status, 2);
}

TEST_F(UsageTest, ExecutesAnExternalCommandFromItsOwnFolder) {
  const std::string bin = folders_.Make("bin");
  std::filesystem::copy_file(KubediagProcess::KubediagProgram(), bin + "/kubediag");
  const std::string tool =
      folders_.Write("bin/kubediag-greet", "#!/bin/sh\necho \"$# $1 $2\"\nexit 7\n");
  chmod(tool.c_str(), 0755);
  const Ended ended = Call({"greet", "--loud", "a b"}, bin + "/kubediag");
  EXPECT_EQ(ended.status, 7);
  EXPECT_EQ(ended.output, "2 --loud a b\n");
  // Neither a path nor what is not executable.
  EXPECT_EQ(Call({"../bin/kubediag-greet"}, bin + "/kubediag").status, 2);
  chmod(tool.c_str(), 0644);
  EXPECT_EQ(Call({"greet"}, bin + "/kubediag").status, 2);
}

}  // namespace
}  // namespace kubediag::cli
