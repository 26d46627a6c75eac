// `kubediag validate`.

#include <sys/stat.h>

#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ValidateTest : public KubediagTest {};

TEST_F(ValidateTest, CountsWhatIsRight) {
  folders_.Write("all.yaml", Chain("answers", {"answer"}) + Diagnosis("ask", "answers"));
  KubediagProcess program(Command({"validate", "-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.output(), "2 objects: 0 errors, 0 warnings\n");
  EXPECT_EQ(program.error(), "");
}

TEST_F(ValidateTest, ShowsEveryErrorOfEveryFileWithItsPlace) {
  folders_.Write("b.yaml", R"(apiVersion: diagnosis.kubediag.org/v1
kind: OperationSet
metadata:
  name: circle
spec:
  adjacencyList:
  - id: 0
    to: [1]
  - id: 1
    operation: answer
    to: [2, 9]
  - id: 2
    operation: answer
    to: [1]
)");
  folders_.Write("a.yaml", R"(apiVersion: diagnosis.kubediag.org/v1
kind: Diagnosis
metadata:
  name: ask
spec:
  operationSet: answers
  nodeName: 7
  colour: red
)");
  KubediagProcess program(Command({"validate", "-f", "b.yaml", "-f", "a.yaml"}));
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_THAT(program.output(),
              HasSubstr("b.yaml:11:13: error    OperationSet circle: spec.adjacencyList[1].to[1]: "
                        "9 is not a position (the list has 3)\n"));
  EXPECT_THAT(program.output(), HasSubstr("a.yaml:7:13:  error    "));
  EXPECT_THAT(program.output(), HasSubstr("a.yaml:8:3:   warning  "));
  EXPECT_THAT(program.output(), HasSubstr("\n2 objects: "));
  EXPECT_LT(program.output().find("b.yaml:"), program.output().find("a.yaml:"));
}

TEST_F(ValidateTest, AsksTheModulesAboutOperationsAndParameters) {
  folders_.Write("all.yaml",
                 Chain("typo", {"answr"}) + Chain("answers", {"answer"}) +
                     Diagnosis("ask", "answers", "answer.times: \"often\"\n    answer.txt: \"1\""));
  KubediagProcess program(Command({"validate", "-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_THAT(program.output(), HasSubstr("did you mean answer"));
  EXPECT_THAT(program.output(), HasSubstr("answer.times"));
  EXPECT_THAT(program.output(), HasSubstr("answer.text"));
  EXPECT_THAT(program.output(), HasSubstr("3 objects: 1 error, 2 warnings\n"));
}

// What go-profiler would refuse when it is run, told beforehand at its place.
class ValidateGoProfilerTest : public ValidateTest {
 protected:
  static constexpr char kPrefix[] = "param.diagnoser.runtime.go_profiler.";

  // The output for a Diagnosis with `parameters`, each without the prefix of its key.
  std::string Output(const std::vector<std::pair<std::string, std::string>>& parameters,
                     const std::vector<std::string>& operations = {"go-profiler"}) {
    std::string text;
    for (const auto& [key, value] : parameters) {
      text += (text.empty() ? "" : "\n    ") + (kPrefix + key) + ": \"" + value + "\"";
    }
    folders_.Write("set.yaml", Chain("profile", operations));
    folders_.Write("ask.yaml", Diagnosis("ask", "profile", text));
    KubediagProcess::Setup setup = Command({"validate", "-f", "set.yaml", "-f", "ask.yaml"});
    setup.arguments.insert(setup.arguments.end(), {"--operations-dir", KUBEDIAG_OPERATIONS});
    KubediagProcess program(setup);
    const int status = program.Wait();
    EXPECT_EQ(program.error(), "");
    EXPECT_EQ(status, program.output().find(" 0 errors") != std::string::npos ? 0 : 2);
    return program.output();
  }
};

constexpr char kSound[] = "2 objects: 0 errors, 0 warnings\n";

TEST_F(ValidateGoProfilerTest, TakesAnExpirationUpToThirtyDays) {
  for (const char* good : {"2592000", "0", "-1"}) {
    EXPECT_EQ(Output({{"type", "Heap"}, {"source", "http://h"}, {"expiration_seconds", good}}),
              kSound)
        << good;
  }
  EXPECT_EQ(Output({{"type", "Heap"}, {"source", "http://h"}, {"expiration_seconds", "2592001"}}),
            "ask.yaml:11:61: error    Diagnosis ask: "
            "spec.parameters[param.diagnoser.runtime.go_profiler.expiration_seconds]: "
            "go-profiler: param.diagnoser.runtime.go_profiler.expiration_seconds must be at most "
            "2592000\n"
            "2 objects: 1 error, 0 warnings\n");
}

TEST_F(ValidateGoProfilerTest, TakesARecordingOfOneToThreeThousandSixHundredSeconds) {
  for (const char* good : {"1", "3600"}) {
    EXPECT_EQ(Output({{"type", "Heap"}, {"source", "http://h"}, {"seconds", good}}), kSound);
  }
  for (const char* bad : {"0", "3601"}) {
    EXPECT_EQ(Output({{"type", "Heap"}, {"source", "http://h"}, {"seconds", bad}}),
              "ask.yaml:11:50: error    Diagnosis ask: "
              "spec.parameters[param.diagnoser.runtime.go_profiler.seconds]: "
              "go-profiler: param.diagnoser.runtime.go_profiler.seconds must be from 1 to 3600\n"
              "2 objects: 1 error, 0 warnings\n")
        << bad;
  }
}

TEST_F(ValidateGoProfilerTest, TakesASourceWithoutQueryAndFragment) {
  EXPECT_EQ(Output({{"type", "Heap"}, {"source", "http://h/p/"}}), kSound);
  for (const char* bad : {"http://h/?x=1", "http://h/#x"}) {
    EXPECT_EQ(Output({{"type", "Heap"}, {"source", bad}}),
              "ask.yaml:10:49: error    Diagnosis ask: "
              "spec.parameters[param.diagnoser.runtime.go_profiler.source]: "
              "go-profiler: param.diagnoser.runtime.go_profiler.source must be a base URL, without "
              "query or fragment\n"
              "2 objects: 1 error, 0 warnings\n")
        << bad;
  }
}

TEST_F(ValidateGoProfilerTest, NamesThePortOfASource) {
  EXPECT_THAT(
      Output({{"type", "Heap"}, {"source", "http://h:99999"}}),
      StartsWith("ask.yaml:10:49: error    Diagnosis ask: "
                 "spec.parameters[param.diagnoser.runtime.go_profiler.source]: go-profiler: "
                 "param.diagnoser.runtime.go_profiler.source must have a port from 1 to "
                 "65535\n"));
}

TEST_F(ValidateGoProfilerTest, TakesAnHttpsSourceWithASecretOnly) {
  EXPECT_EQ(Output({{"type", "Heap"},
                    {"source", "https://h"},
                    {"tls.secret_reference.name", "token-of-somebody"}}),
            kSound);
  EXPECT_EQ(Output({{"type", "Heap"}, {"source", "https://h"}}),
            "ask.yaml:9:5: error    Diagnosis ask: spec.parameters: go-profiler: Must specify "
            "secretReference name "
            "when souce is https. (param.diagnoser.runtime.go_profiler.tls.secret_reference.name "
            "is required)\n"
            "2 objects: 1 error, 0 warnings\n");
  EXPECT_EQ(
      Output({{"type", "Heap"}, {"source", "https://h"}}, {"answer", "go-profiler"}),
      "ask.yaml:9:5: warning  Diagnosis ask: spec.parameters: go-profiler: Must specify "
      "secretReference name "
      "when souce is https. (param.diagnoser.runtime.go_profiler.tls.secret_reference.name is "
      "required), "
      "unless an earlier operation supplies another param.diagnoser.runtime.go_profiler.source\n"
      "2 objects: 0 errors, 1 warning\n");
}

TEST_F(ValidateTest, SaysNothingOfModulesWhereThereIsNoFolderOfThem) {
  folders_.Write("all.yaml", Chain("typo", {"answr"}));
  KubediagProcess::Setup setup;
  setup.arguments = {"validate",          "-f",          "all.yaml",           "--operations-dir",
                     folders_.Path("no"), "--data-root", folders_.Path("data")};
  setup.directory = folders_.Path("");
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.output(), "1 object: 0 errors, 0 warnings\n");
}

TEST_F(ValidateTest, WarnsOfADiagnosisWithoutItsSet) {
  folders_.Write("all.yaml", Diagnosis("ask", "absent"));
  KubediagProcess program(Command({"validate", "-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_THAT(program.output(), HasSubstr("OperationSet absent is not among the objects"));
}

TEST_F(ValidateTest, ExitsWithTwoWhenAFileCannotBeRead) {
  folders_.Make("empty");
  KubediagProcess program(Command({"validate", "-f", "none.yaml", "-f", "empty"}));
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_THAT(program.error(), HasSubstr("none.yaml"));
  EXPECT_THAT(program.error(), HasSubstr("empty holds no *.yaml, *.yml or *.json file"));
  EXPECT_EQ(program.output(), "0 objects: 2 errors, 0 warnings\n");
}

TEST_F(ValidateTest, PassesOverAPipeInAFolder) {
  folders_.Make("objects");
  ASSERT_EQ(mkfifo(folders_.Path("objects/pipe.yaml").c_str(), 0600), 0);
  folders_.Write("objects/set.yaml", Chain("answers", {"answer"}));
  KubediagProcess program(Command({"validate", "-f", "objects"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.output(),
            "objects/pipe.yaml: warning  is no regular file, skipped; a pipe can be named with "
            "-f\n1 object: 0 errors, 1 warning\n");
}

TEST_F(ValidateTest, PlacesWhatIsWrongWhereItIsAndSaysItOnce) {
  folders_.Write("all.yaml", R"(apiVersion: v1
kind: Secret
metadata: {name: tok}
data: {"c d": ""}
stringData:
  "a b": |
    x
---
apiVersion: diagnosis.kubediag.org/v1
kind: 5
---
apiVersion: 1
kind: Diagnosis
---
apiVersion: diagnosis.kubediag.org/v1
kind: Diagnosis
metadata:
  name: 123
spec:
  operationSet: 5
  nodeName: m
---
apiVersion: diagnosis.kubediag.org/v1
kind: Diagnosis
metadata: 7
spec: 8
)");
  KubediagProcess program(Command({"validate", "-f", "all.yaml"}));
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_EQ(
      program.output(),
      "all.yaml:4:15:  error    Secret tok: data[c d]: not a key: letters, digits, '-', '_' "
      "and '.'\n"
      "all.yaml:6:10:  error    Secret tok: stringData[a b]: not a key: letters, digits, '-', "
      "'_' and '.'\n"
      "all.yaml:10:7:  error    object: kind: expected a string, not the number 5\n"
      "all.yaml:12:13: error    Diagnosis: apiVersion: expected a string, not the number 1\n"
      "all.yaml:18:9:  error    Diagnosis: metadata.name: expected a string, not the number "
      "123; quote it: \"123\"\n"
      "all.yaml:20:17: error    Diagnosis: spec.operationSet: expected a string, not the "
      "number 5; quote it: \"5\"\n"
      "all.yaml:25:11: error    Diagnosis: metadata: expected a map, not the number 7\n"
      "all.yaml:26:7:  error    Diagnosis: spec: expected a map, not the number 8\n"
      "3 objects: 8 errors, 0 warnings\n");
}

TEST_F(ValidateTest, ReadsStandardInput) {
  KubediagProcess::Setup setup = Command({"validate", "-f", "-"});
  setup.standard_input = "kind: [";
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_THAT(program.output(), HasSubstr("<stdin>:"));
}

TEST_F(ValidateTest, FindsAnObjectThatIsGivenTwice) {
  folders_.Write("a.yaml", Chain("answers", {"answer"}));
  folders_.Write("b.yaml", Chain("answers", {"refuse"}));
  KubediagProcess program(Command({"validate", "-f", "a.yaml", "-f", "b.yaml"}));
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_THAT(program.output(), HasSubstr("b.yaml:"));
}

}  // namespace
}  // namespace kubediag::cli
