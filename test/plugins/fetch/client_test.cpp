#include "plugins/fetch/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "engine/core/file.h"
#include "test/plugins/fetch/fixture.h"

namespace kubediag::fetch {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using ClientTest = FetchTest;

TEST_F(ClientTest, FetchesARecordingWholeWithTheToken) {
  const auto server = StartApiServer();
  const auto fetched = Ask(Good(server->url() + "/debug/pprof/heap"));
  ASSERT_TRUE(fetched.ok()) << fetched.status().ToString();
  EXPECT_EQ(fetched->body, ReadFile(RecordingsDirectory() + "/heap.pb.gz", 1 << 20).value());
  EXPECT_EQ(fetched->response.http_status, 200);
  EXPECT_EQ(fetched->response.content_type, "application/octet-stream");
  EXPECT_EQ(fetched->response.body_bytes, fetched->body.size());
  EXPECT_EQ("https://" + fetched->response.remote_address, server->url());
  ASSERT_EQ(Seen().size(), 1U);
  EXPECT_EQ(Seen()[0].Header("authorization"), std::string("Bearer ") + kToken);
  EXPECT_EQ(Seen()[0].Header("accept-encoding"), "identity");
}

TEST_F(ClientTest, PostsABodyOfSeveralMegabytes) {
  std::string received;
  const auto server = demo::Server::Start({}, [&](const demo::Request& request, auto& connection) {
                        received = request.body;
                        return connection.Write(
                            demo::Serialize({.content_type = "application/json", .body = "{}"}));
                      }).value();
  Request request = Good(server->url() + "/processor");
  request.bearer_token.clear();
  request.method = Method::kPost;
  request.body = std::string(5 << 20, 'x');
  request.content_type = "application/json";
  const auto fetched = Ask(request);
  ASSERT_TRUE(fetched.ok()) << fetched.status().ToString();
  EXPECT_EQ(received, request.body);
  EXPECT_EQ(fetched->body, "{}");
}

TEST_F(ClientTest, ReachesAServerByNameAndByIpv6Address) {
  const auto v4 = StartApiServer();
  EXPECT_TRUE(
      Ask(Good("https://localhost:" + std::to_string(v4->port()) + "/debug/pprof/heap")).ok());
  const auto v6 = StartApiServer("::1");
  const auto fetched = Ask(Good(v6->url() + "/debug/pprof/heap"));
  ASSERT_TRUE(fetched.ok()) << fetched.status().ToString();
  EXPECT_THAT(fetched->response.remote_address, StartsWith("[::1]:"));
}

TEST_F(ClientTest, IgnoresProxiesOfTheEnvironment) {
  for (const char* name : {"https_proxy", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"}) {
    setenv(name, "http://127.0.0.1:1", 1);
  }
  const auto server = StartApiServer();
  EXPECT_TRUE(Ask(Good(server->url() + "/debug/pprof/heap")).ok());
  // And when the program does inherit them, too.
  const std::string command = "exec 3>/dev/null; printf '%s' \"$REQUEST\" | https_proxy=" +
                              std::string("http://127.0.0.1:1 '") + LibexecDirectory() +
                              "/kubediag-fetch'";
  setenv("REQUEST", EncodeRequest(Good(server->url() + "/debug/pprof/heap")).c_str(), 1);
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  const auto answer = ReadAll(fileno(pipe), "answer", 1 << 16);
  EXPECT_EQ(pclose(pipe), 0);
  EXPECT_TRUE(DecodeAnswer(*answer).ok()) << *answer;
}

TEST_F(ClientTest, TheTokenIsInNoArgumentAndNoEnvironmentOfTheProgram) {
  // The server reads both of whoever asks it, while it asks.
  std::string arguments;
  std::string environment;
  const auto server =
      demo::Server::Start(
          {.certificate_pem = certificates_.certificate_pem, .key_pem = certificates_.key_pem},
          [&](const demo::Request&, demo::Connection& connection) {
            const std::string children =
                ReadFile("/proc/self/task/" + std::to_string(getpid()) + "/children", 4096).value();
            const std::string child = "/proc/" + children.substr(0, children.find(' '));
            arguments = ReadFile(child + "/cmdline", 1 << 16).value();
            environment = ReadFile(child + "/environ", 1 << 16).value();
            return connection.Write(demo::Serialize({.body = "ok"}));
          })
          .value();
  ASSERT_TRUE(Ask(Good(server->url())).ok());
  EXPECT_THAT(arguments, HasSubstr("kubediag-fetch"));
  EXPECT_THAT(environment, HasSubstr("PATH="));
  EXPECT_THAT(arguments + environment, ::testing::Not(HasSubstr(kToken)));
}

TEST_F(ClientTest, ACancelDescriptorEndsTheFetch) {
  const auto server = StartApiServer();
  const UniqueFd cancel(eventfd(0, EFD_CLOEXEC));
  const UniqueFd output(memfd_create("body", MFD_CLOEXEC));
  const std::string libexec = LibexecDirectory();
  std::thread canceller([&] {
    while (Seen().empty()) std::this_thread::yield();  // the request has arrived
    eventfd_write(cancel.get(), 1);
  });
  const auto response =
      Fetch(Good(server->url() + "/fault/stall/"),
            {.libexec_directory = libexec, .output_fd = output.get(), .cancel_fd = cancel.get()});
  canceller.join();
  EXPECT_EQ(response.status().code(), StatusCode::kCancelled);
}

TEST_F(ClientTest, ADeadlineEndsTheFetch) {
  const auto server = StartApiServer();
  const UniqueFd output(memfd_create("body", MFD_CLOEXEC));
  const std::string libexec = LibexecDirectory();
  const auto response = Fetch(Good(server->url() + "/fault/stall/"),
                              {.libexec_directory = libexec,
                               .output_fd = output.get(),
                               .deadline = Deadline::After(std::chrono::milliseconds(300))});
  EXPECT_EQ(response.status().reason(), "Timeout");
}

TEST_F(ClientTest, WithoutTheProgramTheFailureNamesIt) {
  const auto fetched =
      FetchToMemory(Good("https://127.0.0.1:1/"), {.libexec_directory = "/nowhere"});
  EXPECT_EQ(fetched.status().reason(), "FetchUnavailable");
  EXPECT_THAT(fetched.status().message(), HasSubstr("/nowhere/kubediag-fetch"));
}

}  // namespace
}  // namespace kubediag::fetch
