// Completion scripts, run by the shells they are for.

#include <unistd.h>

#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;

class CompletionTest : public KubediagTest {
 protected:
  static std::string Script(const std::string& shell) {
    KubediagProcess::Setup setup;
    setup.arguments = {"completion", shell};
    KubediagProcess program(setup);
    EXPECT_EQ(program.Wait(), 0);
    return program.output();
  }
  // What bash would offer for `words`, the last of which is being typed.
  std::string Offered(const std::vector<std::string>& words) const {
    folders_.Write("completion.bash", Script("bash"));
    std::string command = "source ./completion.bash; COMP_WORDS=(";
    for (const std::string& word : words) command += "'" + word + "' ";
    command += "); COMP_CWORD=" + std::to_string(words.size() - 1) +
               "; _kubediag; echo \"${COMPREPLY[*]}\"";
    KubediagProcess::Setup setup;
    setup.program = "/bin/bash";
    setup.arguments = {"-c", command};
    setup.directory = folders_.Path("");
    KubediagProcess bash(setup);
    EXPECT_EQ(bash.Wait(), 0) << bash.error();
    return bash.output();
  }
};

TEST_F(CompletionTest, OffersCommandsOptionsAndChoicesInBash) {
  EXPECT_EQ(Offered({"kubediag", "v"}), "validate version\n");
  EXPECT_EQ(Offered({"kubediag", "run", "--wat"}), "--watch\n");
  EXPECT_EQ(Offered({"kubediag", "run", "-o", ""}), "json wide yaml\n");
  EXPECT_EQ(Offered({"kubediag", "validate", "--log-level", "d"}), "debug\n");
  EXPECT_EQ(Offered({"kubediag", "completion", ""}), "bash zsh\n");
}

TEST_F(CompletionTest, OffersFilesInBash) {
  folders_.Write("set.yaml", "");
  EXPECT_EQ(Offered({"kubediag", "run", "-f", "se"}), "set.yaml\n");
}

TEST_F(CompletionTest, IsAScriptThatZshAccepts) {
  const std::string script = Script("zsh");
  EXPECT_THAT(script, HasSubstr("#compdef kubediag\n"));
  EXPECT_THAT(script, HasSubstr("'*--output["));
  EXPECT_THAT(script, HasSubstr(":value:(json wide yaml)'"));
  if (access("/bin/zsh", X_OK) != 0) GTEST_SKIP() << "there is no zsh here";
  KubediagProcess::Setup setup;
  setup.program = "/bin/zsh";
  setup.arguments = {"-n", folders_.Write("_kubediag", script)};
  KubediagProcess zsh(setup);
  EXPECT_EQ(zsh.Wait(), 0) << zsh.error();
}

}  // namespace
}  // namespace kubediag::cli
