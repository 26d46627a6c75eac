#include "engine/http/server.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "test/engine/http/raw_client.h"
#include "test/engine/http/server_fixture.h"

namespace kubediag::http {
namespace {

using testing::HasSubstr;
using ServerTest = ServerFixture;

TEST_F(ServerTest, AnswersGet) {
  Start();
  RawClient client(port_);
  const RawResponse response = client.Ask(Get("/hello"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.Find("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.Find("Connection"), "keep-alive");
}

TEST_F(ServerTest, AnswersHeadWithTheLengthAndNoBody) {
  Start();
  RawClient client(port_);
  client.Send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const RawResponse head = client.Receive(/*head_only=*/true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Find("Content-Length"), "5");
  // A body would stand where the next answer is expected.
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
}

TEST_F(ServerTest, TakesAPostedBody) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc").body,
            "abc");
  EXPECT_EQ(client
                .Ask("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n")
                .body,
            "xyz");
}

TEST_F(ServerTest, TellsAClientThatAsksToContinue) {
  Start();
  RawClient client(port_);
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Receive(/*head_only=*/true).status, 100);
  EXPECT_EQ(client.Ask("abc").body, "abc");
}

TEST_F(ServerTest, DecodesQueryValues) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Ask(Get("/echo?a=1&text=a%2Fb+c")).body, "a/b c");
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(port_);
  client.Send(Get("/echo?text=1") + Get("/echo?text=2") + Get("/echo?text=3"));
  EXPECT_EQ(client.Receive().body, "1");
  EXPECT_EQ(client.Receive().body, "2");
  EXPECT_EQ(client.Receive().body, "3");
}

TEST_F(ServerTest, KeepsARequestThatComesWhileAnotherIsHandled) {
  Start();
  RawClient client(port_);
  client.Send(Get("/gate"));
  ASSERT_TRUE(gate_.AwaitEntered(1));
  client.Send(Get("/hello"));
  gate_.Release();
  EXPECT_EQ(client.Receive().body, "released");
  EXPECT_EQ(client.Receive().body, "hello");
}

TEST_F(ServerTest, ClosesWhenTheClientWantsIt) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Ask(Get("/hello", "Connection: close\r\n")).Find("Connection"), "close");
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(ServerTest, AnswersHttp10AndCloses) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Ask("GET /hello HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(ServerTest, ALongAnswerDoesNotHoldUpOthers) {
  Start();
  RawClient slow(port_);
  slow.Send(Get("/gate"));
  ASSERT_TRUE(gate_.AwaitEntered(1));
  RawClient quick(port_);
  EXPECT_EQ(quick.Ask(Get("/hello")).body, "hello");
  gate_.Release();
  EXPECT_EQ(slow.Receive().body, "released");
}

TEST_F(ServerTest, CancelsTheHandlerWhenTheClientLeaves) {
  Start();
  RawClient client(port_);
  client.Send(Get("/gate"));
  ASSERT_TRUE(gate_.AwaitEntered(1));
  client.Close();
  EXPECT_TRUE(gate_.AwaitCancelled(1));
}

TEST_F(ServerTest, CancelsTheHandlerOfALeavingClientThatPipelined) {
  Start();
  RawClient client(port_);
  client.Send(Get("/gate") + Get("/hello"));
  ASSERT_TRUE(gate_.AwaitEntered(1));
  client.Close();
  EXPECT_TRUE(gate_.AwaitCancelled(1));
}

TEST_F(ServerTest, AsksAHandlerToStopAfterItsTime) {
  Start({.handle_timeout = milliseconds(20)});
  RawClient client(port_);
  EXPECT_EQ(client.Ask(Get("/gate")).status, 503);
}

TEST_F(ServerTest, TurnsAnExceptionInto500) {
  Start();
  RawClient client(port_);
  const RawResponse response = client.Ask(Get("/throw"));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "internal error\n");
}

TEST_F(ServerTest, NeverSendsAHeaderThatSplitsTheResponse) {
  Start();
  RawClient client(port_);
  const RawResponse response = client.Ask(Get("/split"));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.Find("Set-Cookie"), "");
}

TEST_F(ServerTest, StopLetsARunningRequestEnd) {
  Start();
  RawClient client(port_);
  client.Send(Get("/gate"));
  ASSERT_TRUE(gate_.AwaitEntered(1));
  RawClient idle(port_);
  const std::jthread stopper([this] { server_->Stop(seconds(20)); });
  EXPECT_TRUE(idle.WaitForEnd());
  gate_.Release();
  const RawResponse response = client.Receive();
  EXPECT_EQ(response.body, "released");
  EXPECT_EQ(response.Find("Connection"), "close");
}

TEST_F(ServerTest, StopCancelsWhatOutlivesItsGrace) {
  Start();
  RawClient client(port_);
  client.Send(Get("/gate"));
  ASSERT_TRUE(gate_.AwaitEntered(1));
  server_->Stop(milliseconds(1));
  EXPECT_TRUE(gate_.AwaitCancelled(1));
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(ServerTest, StopTwiceIsHarmless) {
  Start();
  server_->Stop(milliseconds(1));
  server_->Stop(milliseconds(1));
}

TEST(Server, RefusesADescriptorThatDoesNotListen) {
  Router router;
  const auto logger = MakeNullLogger();
  const UniqueFd stays(socket(AF_INET, SOCK_STREAM, 0));
  const auto plain = Server::Start(UniqueFd(dup(stays.get())), router, *logger);
  EXPECT_THAT(plain.status().message(), HasSubstr("not a listening"));
  EXPECT_FALSE(Server::Start(UniqueFd(), router, *logger).ok());
}

TEST(Server, ServesIpv6) {
  auto listener = Listen("::1", 0);
  if (!listener.ok()) GTEST_SKIP() << "no IPv6 loopback here: " << listener.status().ToString();
  Router router;
  const auto logger = MakeNullLogger();
  EXPECT_TRUE(Server::Start(*std::move(listener), router, *logger).ok());
}

TEST(Listen, NamesAnAddressThatIsNotNumeric) {
  EXPECT_EQ(Listen("localhost", 0).status().message(),
            "listen address localhost is not a numeric IP address");
}

}  // namespace
}  // namespace kubediag::http
