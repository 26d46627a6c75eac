// A module whose file is overwritten or replaced while one of its operations runs.

#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "engine/core/file.h"
#include "engine/core/unique_fd.h"
#include "test/engine/cli/kubediag_test.h"
#include "test/engine/cli/processes.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr size_t kMaxModule = size_t{64} << 20;

std::string ModuleBytes(const std::string& version) {
  return ReadFile(std::string(KUBEDIAG_TEST_GATED) + "/gated_" + version + ".so", kMaxModule)
      .value();
}

// The same file: what has it open or mapped sees the change.
void Overwrite(const std::string& file, const std::string& bytes) {
  const UniqueFd fd(open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  ASSERT_TRUE(fd.valid());
  ASSERT_TRUE(WriteAll(fd.get(), bytes).ok());
}

// Another file under the same name.
void Replace(const std::string& file, const std::string& bytes) {
  const std::string other = file + ".new";
  const UniqueFd fd(open(other.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  ASSERT_TRUE(fd.valid());
  ASSERT_TRUE(WriteAll(fd.get(), bytes).ok());
  std::filesystem::rename(other, file);
}

struct Change {
  const char* name;
  void (*make)(const std::string& file, const std::string& bytes);
};

class ModuleReplacementTest : public KubediagTest, public testing::WithParamInterface<Change> {
 protected:
  ModuleReplacementTest() {
    folders_.Make("inbox");
    folders_.Make("operations");
    folders_.Write("inbox/set.yaml", Chain("gates", {"gated"}));
  }
  KubediagProcess::Setup Watch() const {
    KubediagProcess::Setup setup;
    setup.arguments = {"run",
                       "-f",
                       "inbox",
                       "--watch",
                       "--data-root",
                       "data",
                       "--operations-dir",
                       "operations",
                       "--node-name",
                       "node-1",
                       "--viewer-ports",
                       "0"};
    setup.directory = folders_.Path("");
    return setup;
  }
  // A Diagnosis whose operation waits at a gate of its own.
  void Drop(const std::string& name) const {
    ASSERT_EQ(mkfifo(Gate(name).c_str(), 0600), 0);
    folders_.Write("inbox/" + name + ".yaml",
                   Diagnosis(name, "gates", "gated.gate: \"" + Gate(name) + "\""));
  }
  // Open from now on.
  void OpenGate(const std::string& name) {
    gates_.emplace_back(open(Gate(name).c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(gates_.back().valid());
  }
  std::string Gate(const std::string& name) const { return folders_.Path(name + ".gate"); }

 private:
  std::vector<UniqueFd> gates_;
};

TEST_P(ModuleReplacementTest, TheRunUnderWayKeepsItsModuleAndTheNextHasTheNewOne) {
  const std::string file = folders_.Write("operations/gated.so", ModuleBytes("old"));
  KubediagProcess program(Watch());
  Drop("one");
  ASSERT_TRUE(program.AwaitError("at the gate"));
  EXPECT_THAT(ChildrenOf(program.pid()), Not(IsEmpty()));
  ASSERT_NO_FATAL_FAILURE(GetParam().make(file, ModuleBytes("new")));

  // Begun after the change and ended before the run that was there first.
  Drop("two");
  ASSERT_NO_FATAL_FAILURE(OpenGate("two"));
  ASSERT_TRUE(program.AwaitOutput("gated.version: new")) << program.error();
  ASSERT_NO_FATAL_FAILURE(OpenGate("one"));
  ASSERT_TRUE(program.AwaitOutput("gated.version: old")) << program.error();
  ASSERT_TRUE(program.AwaitOutput("phase: Succeeded"));
  EXPECT_TRUE(AwaitNoChildren(program.pid())) << "a zombie, or an operation that goes on";
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_THAT(program.output(), Not(HasSubstr("phase: Failed")));
}

INSTANTIATE_TEST_SUITE_P(Each, ModuleReplacementTest,
                         testing::Values(Change{"OverwrittenInPlace", Overwrite},
                                         Change{"ReplacedByRename", Replace}),
                         [](const auto& change) { return std::string(change.param.name); });

TEST_F(ModuleReplacementTest, AFileCutShortDoesNotReachTheRunUnderWay) {
  const std::string file = folders_.Write("operations/gated.so", ModuleBytes("old"));
  KubediagProcess program(Watch());
  Drop("one");
  ASSERT_TRUE(program.AwaitError("at the gate"));
  ASSERT_NO_FATAL_FAILURE(Overwrite(file, ""));
  ASSERT_NO_FATAL_FAILURE(OpenGate("one"));
  ASSERT_TRUE(program.AwaitOutput("gated.version: old")) << program.error();
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
}

TEST_F(ModuleReplacementTest, ASoundModuleThatItsGroupMayWriteIsRefused) {
  const std::string file = folders_.Write("operations/gated.so", ModuleBytes("old"));
  KubediagProcess::Setup setup;
  setup.arguments = {"operations", "--data-root", "data", "--operations-dir", "operations"};
  setup.directory = folders_.Path("");
  ASSERT_EQ(chmod(file.c_str(), 0664), 0);
  KubediagProcess refused(setup);
  EXPECT_EQ(refused.Wait(), 0);
  EXPECT_THAT(refused.output(), HasSubstr("gated.so   FileNotTrusted: is writable by its group "
                                          "(mode 0664); take that away: chmod go-w"));
  EXPECT_THAT(refused.output(), Not(HasSubstr("gated   old")));

  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  KubediagProcess taken(setup);
  EXPECT_EQ(taken.Wait(), 0);
  EXPECT_THAT(taken.output(), HasSubstr("gated   old"));
}

}  // namespace
}  // namespace kubediag::cli
