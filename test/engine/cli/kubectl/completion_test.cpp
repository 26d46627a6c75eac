#include "engine/cli/kubectl/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "engine/cli/kubectl/plugin.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string Offered(const std::vector<std::string>& words) {
  CLI::App app("Title", "kubectl kubediag");
  int status = 0;
  AddKubectlRunCommand(app, status);
  AddKubectlWaitCommand(app, status);
  AddKubectlOpenCommand(app, status);
  AddKubectlFetchCommand(app, status);
  return KubectlCompletions(app, words);
}

TEST(KubectlCompletions, OffersCommandsWithTheirMeaning) {
  EXPECT_EQ(Offered({"o"}), "open\tOpen the page of a Diagnosis in a browser\n:4\n");
  EXPECT_THAT(Offered({""}), HasSubstr("run\tMake a Diagnosis"));
  EXPECT_THAT(Offered({}), HasSubstr("fetch\t"));
}

TEST(KubectlCompletions, OffersOptionsOfTheCommand) {
  EXPECT_THAT(Offered({"run", "--so"}), StartsWith("--source\tBase URL"));
  EXPECT_THAT(Offered({"wait", "x", "--"}), Not(HasSubstr("--source")));
  EXPECT_THAT(Offered({"wait", "x", "--"}), HasSubstr("--timeout\t"));
}

TEST(KubectlCompletions, OffersChoicesAndFilesWhereTheyBelong) {
  EXPECT_EQ(Offered({"run", "x", "-o", ""}), "json\nwide\nyaml\n:4\n");
  EXPECT_EQ(Offered({"run", "x", "--output", "y"}), "yaml\n:4\n");
  EXPECT_EQ(Offered({"fetch", "x", "-o", ""}), ":0\n");
  EXPECT_EQ(Offered({"run", "x", "--kubeconfig", ""}), ":0\n");
  EXPECT_EQ(Offered({"run", "x", "--node", ""}), ":4\n");
  EXPECT_EQ(Offered({"open", "x", "--no-browser", ""}), ":4\n");
}

TEST(KubectlCompletions, OffersNothingForWhatItDoesNotKnow) {
  EXPECT_EQ(Offered({"nothing", "--"}), ":4\n");
}

}  // namespace
}  // namespace kubediag::cli
