// `kubediag run`, as a user and a script see it.

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "engine/core/file.h"
#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RunTest : public KubediagTest {};

TEST_F(RunTest, PrintsTheDiagnosisOnStdoutAndProgressOnStderr) {
  folders_.Write("all.yaml", Chain("answers", {"answer"}) + Diagnosis("ask", "answers"));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_EQ(Plain(program.error()),
            "answers  default/ask on node-1\n"
            "  ok      1 answer  DURATION   the answer is 42\n"
            "Succeeded in DURATION.\n");
  const std::string output = Plain(program.output());
  EXPECT_THAT(output, StartsWith("apiVersion: diagnosis.kubediag.org/v1\n"
                                 "kind: Diagnosis\n"
                                 "metadata:\n"));
  EXPECT_THAT(output, HasSubstr("  name: ask\n"));
  EXPECT_THAT(output, HasSubstr("    answer.result: \"42\"\n"));
  EXPECT_THAT(output, HasSubstr("  phase: Succeeded\n"));
  EXPECT_THAT(output, HasSubstr("  startTime: \"TIME\"\n"));
}

TEST_F(RunTest, WarnsOfADiagnosisThatNamesAnotherNodeAndRunsIt) {
  folders_.Write("all.yaml", Chain("answers", {"answer"}) + Diagnosis("ask", "answers"));
  KubediagProcess::Setup setup = Command({"run", "-f", "all.yaml", "--node-name", "laptop"});
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_EQ(Plain(program.error()),
            "answers  default/ask on node-1\n"
            "  warning: spec.nodeName is node-1, and it runs on this machine, laptop "
            "(--node-name tells another name)\n"
            "  ok      1 answer  DURATION   the answer is 42\n"
            "Succeeded in DURATION.\n");
}

TEST_F(RunTest, TakesObjectsInAnyOrderAcrossFilesAndStandardInput) {
  folders_.Make("objects");
  folders_.Write("objects/b.json", R"({"apiVersion": "diagnosis.kubediag.org/v1",
    "kind": "OperationSet", "metadata": {"name": "answers"},
    "spec": {"adjacencyList": [{"id": 0, "to": [1]}, {"id": 1, "operation": "answer"}]}})");
  folders_.Write("objects/ignored.txt", "not: [yaml");
  KubediagProcess::Setup setup = RunCommand({"-f", "-", "-f", "objects", "-o", "wide"});
  setup.standard_input = Diagnosis("ask", "answers", "answer.text: \"7\"");
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_THAT(program.output(),
              StartsWith("NAMESPACE   NAME   OPERATIONSET   NODENAME   PODNAMESPACE   PODNAME   "
                         "PODCONTAINER   PHASE       AGE   MESSAGE\n"
                         "default     ask    answers        node-1     <none>         <none>    "
                         "<none>         Succeeded   "));
}

TEST_F(RunTest, PrintsSeveralAsAListInTheOrderOfTheFiles) {
  folders_.Write("all.yaml", Diagnosis("z-first", "refusals") + Diagnosis("a-second", "answers") +
                                 Chain("answers", {"answer"}) + Chain("refusals", {"refuse"}));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.output(), StartsWith("apiVersion: v1\n"));
  EXPECT_THAT(program.output(), HasSubstr("kind: List\n"));
  EXPECT_LT(program.output().find("name: z-first"), program.output().find("name: a-second"));
  EXPECT_EQ(Plain(program.error()).find("refusals  default/z-first on node-1\n"), 0U);
  EXPECT_THAT(program.error(), HasSubstr("\nanswers  default/a-second on node-1\n"));
}

TEST_F(RunTest, ShowsTheWayPastAFailure) {
  folders_.Write("all.yaml", R"(apiVersion: diagnosis.kubediag.org/v1
kind: OperationSet
metadata:
  name: fallback
spec:
  adjacencyList:
  - id: 0
    to: [1]
  - id: 1
    operation: answer
    to: [2, 3]
  - id: 2
    operation: refuse
  - id: 3
    operation: answer
---
)" + Diagnosis("ask", "fallback"));
  KubediagProcess program(RunCommand({"-f", "all.yaml", "-o", "json"}));
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_THAT(Plain(program.error()),
              HasSubstr("  failed  2 refuse  DURATION   no subPath volume in the pod\n"));
  EXPECT_THAT(Plain(program.error()),
              HasSubstr("Succeeded by its second path (1 -> 3) in DURATION.\n"));
  EXPECT_THAT(program.output(), StartsWith("{\n    \"apiVersion\""));
  EXPECT_TRUE(program.output().ends_with("}\n"));
}

TEST_F(RunTest, ExitsWithOneWhenADiagnosisFails) {
  folders_.Write("all.yaml", Chain("refusals", {"refuse"}) + Diagnosis("ask", "refusals"));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.output(), HasSubstr("phase: Failed"));
  EXPECT_THAT(program.output(), HasSubstr("reason: NothingFound"));
  EXPECT_THAT(Plain(program.error()), HasSubstr("Failed in DURATION: "));
}

TEST_F(RunTest, FailsADiagnosisWhoseOperationSetOrOperationIsMissing) {
  folders_.Write("all.yaml",
                 Chain("typo", {"answr"}) + Diagnosis("one", "typo") + Diagnosis("two", "nowhere"));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.output(), HasSubstr("OperationSetNotFound"));
  EXPECT_THAT(program.error(), HasSubstr("did you mean answer"));
  EXPECT_THAT(program.error(), HasSubstr("warning  Diagnosis two: spec.operationSet: OperationSet "
                                         "nowhere is not among the objects\n"));
}

TEST_F(RunTest, KeepsHostileTextFromTheTerminal) {
  folders_.Write("all.yaml", Chain("refusals", {"refuse"}) +
                                 Diagnosis("ask", "refusals", R"(refuse.message: "a\e[31mb\nc")"));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.error(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(program.error(), HasSubstr("[31mb c"));
}

TEST_F(RunTest, ServesOnUntilASignalAndThenExitsWithSuccess) {
  folders_.Write("all.yaml", Chain("pages", {"serve"}) + Diagnosis("page", "pages"));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  ASSERT_TRUE(program.AwaitOutput("phase: Succeeded"));
  ASSERT_TRUE(program.AwaitError("Ctrl-C ends it."));
  program.Signal(SIGINT);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_THAT(Plain(program.error()),
              HasSubstr("Succeeded in DURATION. Visit http://PAGE (expires in 2 h). "
                        "Ctrl-C ends it.\n"));
}

TEST_F(RunTest, LeavesARunOfAnotherProcessAlone) {
  folders_.Write("all.yaml", Chain("pages", {"serve"}) + Diagnosis("page", "pages"));
  KubediagProcess first(RunCommand({"-f", "all.yaml"}));
  ASSERT_TRUE(first.AwaitError("Ctrl-C ends it."));
  KubediagProcess second(RunCommand({"-f", "all.yaml", "-o", "json"}));
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_THAT(second.output(), HasSubstr("\"name\": \"page\""));
  EXPECT_THAT(second.error(), HasSubstr("Not run (AlreadyRunning): "));
  first.Signal(SIGTERM);
  EXPECT_EQ(first.Wait(), 0);
}

TEST_F(RunTest, RunsNoMoreAtOnceThanToldAndSaysWhatWaits) {
  folders_.Write("all.yaml",
                 Chain("waits", {"wait"}) + Diagnosis("one", "waits") + Diagnosis("two", "waits"));
  KubediagProcess program(RunCommand({"-f", "all.yaml", "--max-concurrent", "1"}));
  ASSERT_TRUE(program.AwaitError("default/two waits: 1 runs at once\n"));
  ASSERT_TRUE(program.AwaitError("waiting"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 1);
}

TEST_F(RunTest, TellsOfADiagnosisThatHasEndedWhileAnOlderOneRuns) {
  folders_.Write("all.yaml", Chain("waits", {"wait"}) + Chain("answers", {"answer"}) +
                                 Diagnosis("long", "waits") + Diagnosis("short", "answers"));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  ASSERT_TRUE(program.AwaitError("Succeeded in "));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.error(), HasSubstr("waits  default/long on node-1, continued\n"));
}

TEST_F(RunTest, DoesNotWaitForPagesWithExit) {
  folders_.Write("all.yaml", Chain("pages", {"serve"}) + Diagnosis("page", "pages"));
  KubediagProcess program(RunCommand({"-f", "all.yaml", "--exit"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_THAT(program.output(), HasSubstr("Visit http://127.0.0.1:"));
  EXPECT_THAT(program.error(), Not(HasSubstr("Ctrl-C")));
  EXPECT_THAT(program.output(), HasSubstr("reason: NotServed\n    status: \"False\"\n"));
}

TEST_F(RunTest, RefusesInvalidObjectsBeforeAnythingRuns) {
  folders_.Write("set.yaml", R"(apiVersion: diagnosis.kubediag.org/v1
kind: OperationSet
metadata:
  name: circle
spec:
  adjacencyList:
  - to: [1]
  - operation: answer
    to: [1]
)");
  folders_.Write("ask.yaml", Diagnosis("ask", "circle"));
  KubediagProcess program(RunCommand({"-f", "set.yaml", "-f", "ask.yaml"}));
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_EQ(program.output(), "");
  EXPECT_THAT(program.error(), HasSubstr("set.yaml:"));
  EXPECT_THAT(program.error(), HasSubstr("spec.adjacencyList[1].to[0]"));
  EXPECT_FALSE(std::filesystem::exists(folders_.Path("data/runs")));
}

// The lines of `text` without the last one, in which `validate` counts.
std::string WithoutCounts(const std::string& text) {
  return text.substr(0, text.rfind('\n', text.size() - 2) + 1);
}

TEST_F(RunTest, TellsOfParametersWhatValidateTellsAndRunsNothing) {
  folders_.Write("all.yaml",
                 Chain("answers", {"answer"}) + Diagnosis("good", "answers") +
                     Diagnosis("one", "answers", "answer.times: \"often\"\n    answer.txt: \"1\"") +
                     Diagnosis("two", "answers", "answer.times: \"seldom\""));
  KubediagProcess validate(Command({"validate", "-f", "all.yaml"}));
  ASSERT_EQ(validate.Wait(), 2);
  ASSERT_THAT(validate.output(), HasSubstr("4 objects: 2 errors, 1 warning\n"));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_EQ(program.output(), "");
  EXPECT_EQ(program.error(), WithoutCounts(validate.output()));
  EXPECT_FALSE(std::filesystem::exists(folders_.Path("data/runs")));
}

TEST_F(RunTest, TellsWhatTheModulesTellBesideOtherErrors) {
  folders_.Write("all.yaml", "kind: [\n---\n");
  folders_.Write("ask.yaml", Chain("answers", {"answer"}) +
                                 Diagnosis("one", "answers", "answer.times: \"often\""));
  KubediagProcess validate(Command({"validate", "-f", "all.yaml", "-f", "ask.yaml"}));
  ASSERT_EQ(validate.Wait(), 2);
  ASSERT_THAT(validate.output(), HasSubstr("answer.times"));
  ASSERT_THAT(validate.output(), StartsWith("all.yaml:"));
  KubediagProcess program(RunCommand({"-f", "all.yaml", "-f", "ask.yaml"}));
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_EQ(program.error(), WithoutCounts(validate.output()));
}

TEST_F(RunTest, TellsWarningsOnceWithTheirPlaceAndRuns) {
  folders_.Write("all.yaml",
                 Chain("answers", {"answer"}) + Diagnosis("ask", "answers", "answer.txt: \"1\""));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(Plain(program.error()),
            "all.yaml:20:17: warning  Diagnosis ask: spec.parameters[answer.txt]: no operation of "
            "the set reads the parameter answer.txt; did you mean answer.text?\n"
            "answers  default/ask on node-1\n"
            "  ok      1 answer  DURATION   the answer is 42\n"
            "Succeeded in DURATION.\n");
}

TEST_F(RunTest, PassesOverWhatIsNoFileInAFolder) {
  folders_.Make("objects/folder.yaml");
  ASSERT_EQ(mkfifo(folders_.Path("objects/a pipe.yaml").c_str(), 0600), 0);
  folders_.Write("objects/all.yaml", Chain("answers", {"answer"}) + Diagnosis("ask", "answers"));
  KubediagProcess program(RunCommand({"-f", "objects"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_THAT(program.error(),
              StartsWith("objects/a pipe.yaml: warning  is no regular file, skipped; a pipe can "
                         "be named with -f\n"
                         "objects/folder.yaml: warning  is no regular file, skipped"));
}

TEST_F(RunTest, ReadsAPipeThatIsNamed) {
  const std::string pipe = folders_.Path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  KubediagProcess program(RunCommand({"-f", "pipe"}));
  {
    std::ofstream writer(pipe);  // waits for the reader
    writer << Chain("answers", {"answer"}) << Diagnosis("ask", "answers");
  }
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_THAT(program.output(), HasSubstr("phase: Succeeded"));
}

TEST_F(RunTest, RefusesAMissingFileAndFilesWithoutADiagnosis) {
  KubediagProcess missing(RunCommand({"-f", "none.yaml"}));
  EXPECT_EQ(missing.Wait(), 2);
  EXPECT_THAT(missing.error(), HasSubstr("none.yaml"));
  folders_.Write("set.yaml", Chain("answers", {"answer"}));
  KubediagProcess nothing(RunCommand({"-f", "set.yaml"}));
  EXPECT_EQ(nothing.Wait(), 2);
  EXPECT_EQ(nothing.error(), "kubediag: there is no Diagnosis in what -f names\n");
}

TEST_F(RunTest, EndsQuietlyWhenNobodyReadsItsOutput) {
  folders_.Write("all.yaml", Chain("pages", {"serve"}) + Diagnosis("page", "pages"));
  KubediagProcess::Setup setup = RunCommand({"-f", "all.yaml"});
  setup.close_output = true;
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.error(), Not(HasSubstr("kubediag:")));
}

TEST_F(RunTest, FailsWhenItsDataRootCannotBeMade) {
  folders_.Write("data", "a file stands in the way");
  folders_.Write("all.yaml", Chain("answers", {"answer"}) + Diagnosis("ask", "answers"));
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.error(), HasSubstr(folders_.Path("data")));
}

TEST_F(RunTest, LeavesASuspendedDiagnosisAlone) {
  folders_.Write("all.yaml",
                 Chain("answers", {"answer"}) +
                     "apiVersion: diagnosis.kubediag.org/v1\nkind: Diagnosis\nmetadata:\n"
                     "  name: ask\nspec:\n  operationSet: answers\n  nodeName: node-1\n"
                     "  suspend: true\n");
  KubediagProcess program(RunCommand({"-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_THAT(program.error(), HasSubstr("Not run: spec.suspend is true."));
  EXPECT_THAT(program.output(), Not(HasSubstr("phase: Succeeded")));
}

TEST_F(RunTest, WritesItsMetricsToAFile) {
  folders_.Write("all.yaml", Diagnosis("one", "answers") + Diagnosis("two", "refusals") +
                                 Chain("answers", {"answer"}) + Chain("refusals", {"refuse"}));
  folders_.Make("collector");
  KubediagProcess program(
      RunCommand({"-f", "all.yaml", "--metrics-file", "collector/kubediag.prom"}));
  EXPECT_EQ(program.Wait(), 1);
  const std::string text = *ReadFile(folders_.Path("collector/kubediag.prom"), 1 << 20);
  EXPECT_THAT(text, HasSubstr("kubediag_diagnoses_total{phase=\"Succeeded\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kubediag_diagnoses_total{phase=\"Failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kubediag_catalog_operations 4\n"));
  EXPECT_FALSE(std::filesystem::exists(folders_.Path("collector/kubediag.prom.new")));
}

TEST_F(RunTest, RunsNothingWhenItsMetricsCannotBeWritten) {
  folders_.Write("all.yaml", Chain("answers", {"answer"}) + Diagnosis("ask", "answers"));
  KubediagProcess program(RunCommand({"-f", "all.yaml", "--metrics-file", "no/kubediag.prom"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_EQ(program.output(), "");
  EXPECT_THAT(program.error(),
              HasSubstr("metrics file no/kubediag.prom: open directory no: No such file"));
}

TEST_F(RunTest, WritesLogLinesAsJsonOnRequest) {
  folders_.Write("all.yaml", Chain("answers", {"answer"}) + Diagnosis("ask", "answers"));
  KubediagProcess program(
      RunCommand({"-f", "all.yaml", "--log-level", "debug", "--log-format", "json"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_THAT(program.error(), HasSubstr("\"message\":\"operation available\""));
}

}  // namespace
}  // namespace kubediag::cli
