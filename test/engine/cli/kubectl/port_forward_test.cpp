#include "engine/cli/kubectl/port_forward.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "engine/core/file.h"
#include "engine/process/command.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A kubectl that is a script.
class PortForwardTest : public testing::Test {
 protected:
  PortForwardRequest Request(const std::string& script) const {
    const std::string program = folders_.Write("kubectl", "#!/bin/sh\n" + script + "\n");
    chmod(program.c_str(), 0755);
    PortForwardRequest request;
    request.kubectl = program;
    request.environment = process::CleanEnvironment();
    request.namespace_name = "kubediag";
    request.pod = "agent-x";
    request.port = 39900;
    return request;
  }
  static Result<std::unique_ptr<PortForward>> Start(const PortForwardRequest& request) {
    return PortForward::Start(request, Deadline::After(std::chrono::seconds(30)), {});
  }

  catalog::Folders folders_;
};

TEST(ForwardedPort, IsThatOfTheLineForIPv4) {
  EXPECT_EQ(ForwardedPort("Forwarding from 127.0.0.1:40123 -> 39900"), 40123);
  for (const char* line :
       {"", "Forwarding from [::1]:40123 -> 39900", "Handling connection for 40123",
        "Forwarding from 127.0.0.1: -> 39900", "Forwarding from 127.0.0.1:0 -> 39900",
        "Forwarding from 127.0.0.1:65536 -> 1", "Forwarding from 127.0.0.1:40123"}) {
    EXPECT_EQ(ForwardedPort(line), std::nullopt) << line;
  }
}

TEST(PortForwardArguments, SayWhichClusterAndLeaveTheLocalPortToKubectl) {
  PortForwardRequest request;
  request.namespace_name = "kubediag";
  request.pod = "agent-x";
  request.port = 39900;
  EXPECT_THAT(PortForwardArguments(request),
              ElementsAre("port-forward", "--namespace=kubediag", "--address=127.0.0.1",
                          "pod/agent-x", ":39900"));
  request.kubeconfig = "-odd";
  request.context = "c";
  request.local_port = 8080;
  EXPECT_THAT(
      PortForwardArguments(request),
      ElementsAre("port-forward", "--kubeconfig=-odd", "--context=c", "--namespace=kubediag",
                  "--address=127.0.0.1", "pod/agent-x", "8080:39900"));
}

TEST_F(PortForwardTest, TellsThePortOnceKubectlListens) {
  const auto forward = Start(
      Request("echo noise; echo \"Forwarding from 127.0.0.1:40123 -> 39900\"; exec sleep 600"));
  ASSERT_TRUE(forward.ok()) << forward.status().ToString();
  EXPECT_EQ((*forward)->port(), 40123);
}

TEST_F(PortForwardTest, EndsKubectlWithItself) {
  pid_t pid = 0;
  {
    const auto forward =
        Start(Request("echo $$ > " + folders_.Path("pid") +
                      "; echo \"Forwarding from 127.0.0.1:1 -> 2\"; exec sleep 600"));
    ASSERT_TRUE(forward.ok()) << forward.status().ToString();
    pid = std::stoi(*ReadFile(folders_.Path("pid"), 100));
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(PortForwardTest, ReadsOnSoThatKubectlNeverBlocks) {
  const auto forward = Start(Request(
      "echo \"Forwarding from 127.0.0.1:1 -> 2\"; i=0; while [ $i -lt 20000 ]; do echo \"Handling "
      "connection for 1\"; i=$((i+1)); done; exit 3"));
  ASSERT_TRUE(forward.ok()) << forward.status().ToString();
  EXPECT_THAT((*forward)->WaitUntil({}).message(), HasSubstr("exit status 3"));
}

TEST_F(PortForwardTest, SaysThatKubectlEndedBeforeItListened) {
  const auto forward = Start(Request("exit 1"));
  EXPECT_EQ(forward.status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(forward.status().message(), "kubectl port-forward ended with exit status 1");
}

TEST_F(PortForwardTest, WaitingEndsWhenAsked) {
  const auto forward = Start(Request("echo \"Forwarding from 127.0.0.1:1 -> 2\"; exec sleep 600"));
  ASSERT_TRUE(forward.ok()) << forward.status().ToString();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE((*forward)->WaitUntil(stop.get_token()).ok());
}

TEST_F(PortForwardTest, StartingEndsWhenAskedOrLate) {
  const PortForwardRequest silent = Request("exec sleep 600");
  std::stop_source stop;
  stop.request_stop();
  const Deadline never = Deadline::After(std::chrono::hours(1));
  EXPECT_EQ(PortForward::Start(silent, never, stop.get_token()).status().code(),
            StatusCode::kCancelled);
  EXPECT_EQ(
      PortForward::Start(silent, Deadline::After(std::chrono::milliseconds(1)), {}).status().code(),
      StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace kubediag::cli
