// `kubediag operations`.

#include <sys/stat.h>

#include "test/engine/cli/kubediag_test.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class OperationsTest : public KubediagTest {};

TEST_F(OperationsTest, ListsOperationsInATable) {
  KubediagProcess program(Command({"operations"}));
  EXPECT_EQ(program.Wait(), 0) << program.error();
  const std::string output =
      std::regex_replace(program.output(), std::regex(R"(\d+ (s|min|h|d) ago *)"), "AGO ");
  EXPECT_THAT(output,
              MatchesRegex("NAME     VERSION   SINCE +FEATURES      FILE\n"
                           "answer   1\\.2       AGO repeatable    test_operations\\.so\n"
                           "refuse   1\\.0       AGO <none>        test_operations\\.so\n"
                           "serve    1\\.0       AGO serves-http   test_operations\\.so\n"
                           "wait     1\\.0       AGO <none>        test_operations\\.so\n"));
}

TEST_F(OperationsTest, TellsAllAboutOne) {
  KubediagProcess program(Command({"operations", "answer"}));
  EXPECT_EQ(program.Wait(), 0) << program.error();
  EXPECT_THAT(program.output(), StartsWith("Name:       answer\n"
                                           "Version:    1.2\n"
                                           "About:      Answers what it is told.\n"
                                           "File:       "));
  EXPECT_THAT(program.output(), HasSubstr("Parameters:\n"
                                          "  answer.text  (string, default 42)\n"
                                          "      What to answer.\n"
                                          "  answer.times  (integer, 0-100, default 1)\n"
                                          "      How often.\n"
                                          "  answer.least  (integer, at least -1)\n"
                                          "  answer.source  (base url)\n"
                                          "Secrets, by the parameter that names them:\n"
                                          "  answer.secret_reference.name\n"
                                          "      in the namespace of "
                                          "answer.secret_reference.namespace\n"
                                          "      needs token\n"
                                          "      required when answer.source is https\n"));
}

TEST_F(OperationsTest, ExitsWithOneWhenAGivenFolderIsNotThere) {
  KubediagProcess program(Command({"operations", "--operations-dir", "nowhere"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_EQ(program.error(), "kubediag: --operations-dir: nowhere is no folder\n");
  EXPECT_THAT(program.output(), HasSubstr("answer   1.2 "));
}

TEST_F(OperationsTest, PrintsDataForMachines) {
  KubediagProcess yaml(Command({"operations", "-o", "yaml"}));
  EXPECT_EQ(yaml.Wait(), 0);
  EXPECT_THAT(yaml.output(), HasSubstr("operations:\n"));
  EXPECT_THAT(yaml.output(), HasSubstr("name: serve\n"));
  KubediagProcess json(Command({"operations", "answer", "-o", "json"}));
  EXPECT_EQ(json.Wait(), 0);
  EXPECT_THAT(json.output(), HasSubstr("\"key\": \"answer.text\""));
  EXPECT_THAT(yaml.output(), HasSubstr("    kind: integer\n    maximum: 100\n    minimum: 0\n"));
  EXPECT_THAT(yaml.output(), HasSubstr("    kind: integer\n    minimum: -1\n    required:"));
  EXPECT_THAT(yaml.output(), HasSubstr("  - baseUrl: true\n"));
  EXPECT_THAT(yaml.output(), HasSubstr("    httpsParameter: answer.source\n"));
}

TEST_F(OperationsTest, ListsRefusedFilesWithTheReason) {
  folders_.Make("modules");
  folders_.Write("modules/text.so", "this is no module");
  chmod(folders_.Write("modules/open.so", "x").c_str(), 0666);
  KubediagProcess::Setup setup =
      Command({"operations", "--operations-dir", folders_.Path("modules")});
  KubediagProcess program(setup);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_THAT(program.output(), HasSubstr("\nREFUSED\n"));
  EXPECT_THAT(program.output(), HasSubstr("open.so   FileNotTrusted: is writable by everybody"));
  EXPECT_THAT(program.output(), HasSubstr("text.so   "));
}

TEST_F(OperationsTest, NamesTheNearestForOneItDoesNotKnow) {
  KubediagProcess program(Command({"operations", "anser"}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_EQ(program.output(), "");
  EXPECT_EQ(program.error(),
            "kubediag: no module provides operation \"anser\"; did you mean answer?\n");
}

TEST_F(OperationsTest, WorksWithoutAWritableDataRoot) {
  folders_.Write("data", "a file stands in the way");
  KubediagProcess program(Command({"operations", "answer"}));
  EXPECT_EQ(program.Wait(), 0) << program.error();
}

}  // namespace
}  // namespace kubediag::cli
