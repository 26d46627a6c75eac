// `kubediag run --watch`: objects and modules that come and go.

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "engine/core/deadline.h"
#include "engine/core/limits.h"
#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

class WatchTest : public KubediagTest {
 protected:
  WatchTest() { folders_.Make("inbox"); }
  KubediagProcess::Setup WatchSetup() const { return RunCommand({"-f", "inbox", "--watch"}); }
};

// Until the folder, whose parent is there, is removed. False after 30 s.
bool AwaitGone(const std::string& path) {
  const UniqueFd watch(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (inotify_add_watch(watch.get(), parent.c_str(), IN_DELETE | IN_MOVED_FROM) < 0) return false;
  const Deadline deadline = Deadline::After(seconds(30));
  while (std::filesystem::exists(path)) {
    if (deadline.Passed()) return false;
    pollfd source{watch.get(), POLLIN, 0};
    poll(&source, 1, deadline.PollTimeout());
    std::array<char, 4096> events;
    [[maybe_unused]] const ssize_t got = read(watch.get(), events.data(), events.size());
  }
  return true;
}

TEST_F(WatchTest, RunsADiagnosisThatIsDropped) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  KubediagProcess program(WatchSetup());
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.text: \"first\""));
  ASSERT_TRUE(program.AwaitOutput("answer.result: first"));
  folders_.Write("inbox/two.yaml", Diagnosis("two", "answers", "answer.text: \"second\""));
  ASSERT_TRUE(program.AwaitOutput("---\napiVersion: diagnosis.kubediag.org/v1\n"));
  ASSERT_TRUE(program.AwaitOutput("answer.result: second"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
}

size_t WarningsOfANode(const std::string& text) {
  const std::string warning = "warning: spec.nodeName is node-1";
  size_t count = 0;
  for (size_t at = 0; (at = text.find(warning, at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST_F(WatchTest, WarnsOnceOfADiagnosisThatNamesAnotherNode) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.text: \"first\""));
  KubediagProcess program(Command({"run", "-f", "inbox", "--watch", "--node-name", "laptop"}));
  ASSERT_TRUE(program.AwaitOutput("answer.result: first"));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.text: \"second\""));
  ASSERT_TRUE(program.AwaitOutput("answer.result: second"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_EQ(WarningsOfANode(program.error()), 1U) << program.error();
}

TEST_F(WatchTest, WarnsAgainOnceADiagnosisWasRemovedAndCameBack) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.text: \"first\""));
  KubediagProcess program(Command({"run", "-f", "inbox", "--watch", "--node-name", "laptop"}));
  ASSERT_TRUE(program.AwaitOutput("answer.result: first"));
  // Whoever sees the second has seen that the first is gone.
  std::filesystem::remove(folders_.Path("inbox/one.yaml"));
  folders_.Write("inbox/two.yaml", Diagnosis("two", "answers", "answer.text: \"second\""));
  ASSERT_TRUE(program.AwaitOutput("answer.result: second"));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.text: \"third\""));
  ASSERT_TRUE(program.AwaitOutput("answer.result: third"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_EQ(WarningsOfANode(program.error()), 3U) << program.error();
}

TEST_F(WatchTest, WaitsForAnOperationSetThatComesLater) {
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers"));
  KubediagProcess program(WatchSetup());
  ASSERT_TRUE(program.AwaitError("Diagnosis default/one waits for OperationSet answers\n"));
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  ASSERT_TRUE(program.AwaitOutput("phase: Succeeded"));
  program.Signal(SIGINT);
  EXPECT_EQ(program.Wait(), 0);
}

TEST_F(WatchTest, UsesAModuleThatIsDroppedLater) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  KubediagProcess::Setup setup;
  setup.arguments = {"run",         "-f",          "inbox",
                     "--watch",     "--data-root", folders_.Path("data"),
                     "--node-name", "node-1"};
  setup.arguments.insert(setup.arguments.end(), {"--operations-dir", folders_.Path("operations")});
  setup.directory = folders_.Path("");
  KubediagProcess program(setup);
  folders_.Write("inbox/early.yaml", Diagnosis("early", "answers"));
  ASSERT_TRUE(program.AwaitOutput("phase: Failed"));

  folders_.Make("operations");
  std::filesystem::copy_file(std::string(KUBEDIAG_TEST_OPERATIONS) + "/test_operations.so",
                             folders_.Path("operations/test_operations.so"));
  folders_.Write("inbox/late.yaml", Diagnosis("late", "answers"));
  ASSERT_TRUE(program.AwaitOutput("name: late"));
  ASSERT_TRUE(program.AwaitOutput("phase: Succeeded"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 1);  // one has failed
}

TEST_F(WatchTest, RunsAChangedDiagnosisAgainAndAnUnchangedOneNot) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.text: \"first\""));
  KubediagProcess program(WatchSetup());
  ASSERT_TRUE(program.AwaitOutput("answer.result: first"));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.text: \"first\""));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.text: \"second\""));
  ASSERT_TRUE(program.AwaitOutput("answer.result: second"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.output().find("answer.result: first"),
            program.output().rfind("answer.result: first"));
}

TEST_F(WatchTest, EndsThePageOfADiagnosisThatIsRemoved) {
  folders_.Write("inbox/set.yaml", Chain("pages", {"serve"}));
  const std::string file = folders_.Write("inbox/page.yaml", Diagnosis("page", "pages"));
  KubediagProcess program(WatchSetup());
  ASSERT_TRUE(program.AwaitError("(expires in 2 h). Ctrl-C ends it."));
  std::filesystem::remove(file);
  ASSERT_TRUE(program.AwaitError("Diagnosis default/page is gone, and what it served has ended\n"));
  // The same name may be used at once: nothing of the old one holds it.
  folders_.Write("inbox/again.yaml", Diagnosis("page", "pages"));
  ASSERT_TRUE(program.AwaitError("(expires in 2 h). Ctrl-C ends it."));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
}

TEST_F(WatchTest, CancelsARunWhoseDiagnosisIsRemoved) {
  folders_.Write("inbox/set.yaml", Chain("waits", {"wait"}));
  const std::string file = folders_.Write("inbox/long.yaml", Diagnosis("long", "waits"));
  KubediagProcess program(WatchSetup());
  ASSERT_TRUE(program.AwaitError("waiting"));
  std::filesystem::remove(file);
  ASSERT_TRUE(program.AwaitError("Ended: the object is gone."));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.output(), "");
}

TEST_F(WatchTest, SaysAtTheStartWhatIsWatchedAndHowToEndIt) {
  KubediagProcess program(RunCommand({"-f", "inbox", "-f", "later.yaml", "--watch"}));
  ASSERT_TRUE(
      program.AwaitError("Watching inbox, later.yaml: each Diagnosis is run when it appears "
                         "or changes. Ctrl-C ends it.\n"));
  program.Signal(SIGINT);
  EXPECT_EQ(program.Wait(), 0);
}

TEST_F(WatchTest, SaysOfARunWhoseDiagnosisChangesThatItIsRunAnew) {
  folders_.Write("inbox/set.yaml", Chain("waits", {"wait"}) + Chain("answers", {"answer"}));
  folders_.Write("inbox/long.yaml", Diagnosis("long", "waits"));
  KubediagProcess program(WatchSetup());
  ASSERT_TRUE(program.AwaitError("waiting"));
  folders_.Write("inbox/long.yaml", Diagnosis("long", "answers"));
  ASSERT_TRUE(program.AwaitError("Ended: the object has changed and is run anew."));
  ASSERT_TRUE(program.AwaitError("Succeeded in "));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.error().find("is gone"), std::string::npos);
}

TEST_F(WatchTest, SaysOfAPageWhoseDiagnosisChangesThatItIsRunAnew) {
  folders_.Write("inbox/set.yaml", Chain("pages", {"serve"}));
  folders_.Write("inbox/page.yaml", Diagnosis("page", "pages"));
  KubediagProcess program(WatchSetup());
  ASSERT_TRUE(program.AwaitError("Visit http://"));
  folders_.Write("inbox/page.yaml", Diagnosis("page", "pages", "new: \"parameter\""));
  ASSERT_TRUE(program.AwaitError(
      "Diagnosis default/page has changed: what it served ends, and it is run anew\n"));
  ASSERT_TRUE(program.AwaitError("Visit http://"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
}

TEST_F(WatchTest, ReportsABadFileOnceAndTakesItWhenItIsMended) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  folders_.Write("inbox/one.yaml", "kind: [");
  KubediagProcess program(WatchSetup());
  ASSERT_TRUE(program.AwaitError("one.yaml:1:"));
  folders_.Write("inbox/two.yaml", Diagnosis("two", "answers"));
  ASSERT_TRUE(program.AwaitOutput("phase: Succeeded"));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers"));
  ASSERT_TRUE(program.AwaitOutput("phase: Succeeded"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.error().find("one.yaml:1:"), program.error().rfind("one.yaml:1:"));
}

TEST_F(WatchTest, TellsOfABadParameterAndRunsTheOthers) {
  folders_.Write("inbox/set.yaml", Chain("answers", {"answer"}));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.times: \"often\""));
  folders_.Write("inbox/two.yaml", Diagnosis("two", "answers"));
  KubediagProcess program(WatchSetup());
  ASSERT_TRUE(
      program.AwaitError("inbox/one.yaml:9:19: error    Diagnosis one: "
                         "spec.parameters[answer.times]: "));
  ASSERT_TRUE(program.AwaitOutput("name: two"));
  folders_.Write("inbox/one.yaml", Diagnosis("one", "answers", "answer.times: \"2\""));
  ASSERT_TRUE(program.AwaitOutput("name: one"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_EQ(program.output().find("Failed"), std::string::npos);
}

TEST_F(WatchTest, WatchesAFolderThatIsNotThereYet) {
  KubediagProcess program(RunCommand({"-f", "later", "--watch"}));
  folders_.Make("later");
  folders_.Write("later/all.yaml", Chain("answers", {"answer"}) + Diagnosis("one", "answers"));
  ASSERT_TRUE(program.AwaitOutput("phase: Succeeded"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
}

// What a sweep that was cut short has left goes whatever its age.
TEST_F(WatchTest, ClearsUpUnderTheDataRoot) {
  const std::string left = folders_.Make("data/runs/.gone-0011223344556677");
  KubediagProcess program(WatchSetup());
  EXPECT_TRUE(AwaitGone(left));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
}

TEST_F(WatchTest, ClearsUpUnderTheDataRootWithoutWatchingToo) {
  const std::string left = folders_.Make("data/runs/.gone-0011223344556677");
  folders_.Write("page.yaml", Chain("pages", {"serve"}) + Diagnosis("page", "pages"));
  KubediagProcess program(RunCommand({"-f", "page.yaml"}));
  EXPECT_TRUE(AwaitGone(left));
  ASSERT_TRUE(program.AwaitError("Ctrl-C ends it."));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.error();
}

TEST_F(WatchTest, EndsWhenNobodyReadsItsOutput) {
  folders_.Write("inbox/all.yaml", Chain("answers", {"answer"}) + Diagnosis("one", "answers"));
  KubediagProcess::Setup setup = WatchSetup();
  setup.close_output = true;
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 1);
}

}  // namespace
}  // namespace kubediag::cli
