#include "engine/cli/kubectl/agent_pod.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/kube/json_reading.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;

std::string Pod(const std::string& name, const std::string& phase, bool ready,
                const std::string& more = "") {
  return R"({"metadata":{"name":")" + name + "\"" + more + R"(},"status":{"phase":")" + phase +
         R"(","conditions":[{"type":"Ready","status":")" + (ready ? "True" : "False") + R"("}]}})";
}

Result<std::string> Chosen(const std::string& items) {
  const auto document = kube::ParseJsonMap("{\"items\":[" + items + "]}");
  EXPECT_TRUE(document.ok()) << document.status().ToString();
  return ChooseAgentPod(*kube::ListAt(*document, "items"), "kubediag", "node-1");
}

TEST(ChooseAgentPod, PrefersTheOneThatIsReady) {
  EXPECT_EQ(*Chosen(Pod("a", "Running", false) + "," + Pod("b", "Running", true)), "b");
  EXPECT_EQ(*Chosen(Pod("a", "Running", false) + "," + Pod("b", "Pending", false)), "a");
  EXPECT_EQ(*Chosen(R"({"metadata":{"name":"a"},"status":{"phase":"Running"}})"), "a");
}

TEST(ChooseAgentPod, LeavesOutOneThatIsBeingDeleted) {
  const std::string leaving =
      Pod("old", "Running", true, R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")");
  EXPECT_EQ(*Chosen(leaving + "," + Pod("new", "Running", false)), "new");
}

TEST(ChooseAgentPod, TellsOneThatDoesNotRunFromNone) {
  const auto still = Chosen(Pod("agent-x", "Pending", false));
  EXPECT_EQ(still.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(still.status().message(), HasSubstr("agent-x, does not run"));
  const auto none = Chosen("");
  EXPECT_THAT(none.status().message(),
              HasSubstr("no Pod of the agent on node node-1 in namespace kubediag"));
}

TEST(ChooseAgentPod, TakesNothingThatIsNoPod) {
  EXPECT_FALSE(Chosen("null,1,{}").ok());
  EXPECT_FALSE(Chosen(R"({"metadata":{"name":"a"}})").ok());
}

}  // namespace
}  // namespace kubediag::cli
