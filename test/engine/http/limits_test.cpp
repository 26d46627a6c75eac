// Every cap of ServerOptions at the limit and one past it, and requests that are cut or malformed.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "engine/core/deadline.h"
#include "engine/core/digest.h"
#include "test/engine/http/raw_client.h"
#include "test/engine/http/server_fixture.h"

namespace kubediag::http {
namespace {

using LimitsTest = ServerFixture;

std::string PostOf(size_t size) {
  return "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         std::string(size, 'b');
}

// A GET whose header has exactly `size` bytes.
std::string GetOfHeaderSize(size_t size) {
  const size_t plain = Get("/hello", "X-Fill: \r\n").size();
  return Get("/hello", "X-Fill: " + std::string(size - plain, 'f') + "\r\n");
}

TEST_F(LimitsTest, AdmitsAHeaderAtTheLimitAndRefusesOnePastIt) {
  Start({.max_header_bytes = 1000});
  RawClient client(port_);
  EXPECT_EQ(client.Ask(GetOfHeaderSize(1000)).status, 200);
  EXPECT_EQ(client.Ask(GetOfHeaderSize(1001)).status, 431);
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(LimitsTest, RefusesAnEndlessHeader) {
  Start({.max_header_bytes = 1000});
  RawClient client(port_);
  client.Send("GET /hello HTTP/1.1\r\n");
  for (int i = 0; i < 200; ++i) client.Send("X-Field: value\r\n");
  EXPECT_EQ(client.Receive().status, 431);
}

TEST_F(LimitsTest, AdmitsABodyAtTheLimitAndRefusesOnePastIt) {
  Start({.max_body_bytes = 500});
  RawClient client(port_);
  EXPECT_EQ(client.Ask(PostOf(500)).body.size(), 500U);
  EXPECT_EQ(client.Ask(PostOf(501)).status, 413);
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(LimitsTest, RefusesAChunkedBodyPastTheLimit) {
  Start({.max_body_bytes = 16});
  RawClient client(port_);
  client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.Send("11\r\n" + std::string(17, 'c') + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 413);
}

TEST_F(LimitsTest, ClosesAConnectionAfterItsLastRequest) {
  Start({.max_requests_per_connection = 2});
  RawClient client(port_);
  EXPECT_EQ(client.Ask(Get("/hello")).Find("Connection"), "keep-alive");
  EXPECT_EQ(client.Ask(Get("/hello")).Find("Connection"), "close");
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(LimitsTest, AnswersTooManyRequestsOfAPeer) {
  Start({.requests_per_second = 0.001, .request_burst = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(RawClient(port_).Ask(Get("/hello")).status, 200);
  const RawResponse refused = RawClient(port_).Ask(Get("/hello"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Find("Retry-After"), "1");
}

TEST_F(LimitsTest, RefusesAConnectionTooManyWhileAllAreBusy) {
  Start({.max_connections = 2, .handler_threads = 2});
  RawClient first(port_);
  RawClient second(port_);
  first.Send(Get("/gate"));
  second.Send(Get("/gate"));
  ASSERT_TRUE(gate_.AwaitEntered(2));
  RawClient third(port_);
  EXPECT_EQ(third.Receive().status, 503);
  EXPECT_TRUE(third.WaitForEnd());
  gate_.Release();
  EXPECT_EQ(first.Receive().status, 200);
  EXPECT_EQ(second.Receive().status, 200);
}

TEST_F(LimitsTest, AnIdleConnectionMakesRoomForANewOne) {
  Start({.max_connections = 2});
  RawClient idle(port_);
  EXPECT_EQ(idle.Ask(Get("/hello")).status, 200);
  RawClient busy(port_);
  busy.Send(Get("/gate"));
  ASSERT_TRUE(gate_.AwaitEntered(1));
  RawClient fresh(port_);
  EXPECT_EQ(fresh.Ask(Get("/hello")).status, 200);
  EXPECT_TRUE(idle.WaitForEnd());
  gate_.Release();
  EXPECT_EQ(busy.Receive().body, "released");
}

TEST_F(LimitsTest, EndsAHeaderThatTricklesIn) {
  Start({.header_timeout = milliseconds(30)});
  RawClient client(port_);
  client.Send("GET /hello HTTP/1.1\r\nHo");
  EXPECT_EQ(client.Receive().status, 408);
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(LimitsTest, EndsABodyThatNeverComes) {
  Start({.body_timeout = milliseconds(30)});
  RawClient client(port_);
  client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.Receive().status, 408);
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(LimitsTest, EndsAConnectionThatNeverAsks) {
  Start({.header_timeout = milliseconds(30)});
  EXPECT_TRUE(RawClient(port_).WaitForEnd());
}

TEST_F(LimitsTest, EndsAnIdleConnection) {
  Start({.idle_timeout = milliseconds(30)});
  RawClient client(port_);
  EXPECT_EQ(client.Ask(Get("/hello")).status, 200);
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(LimitsTest, EndsAClientThatDoesNotRead) {
  router_.Get("/large", [](const Request&, const std::stop_token&) {
    return Response::Text(200, std::string(64 * kMiB, 'l'));
  });
  Start({.max_connections = 1, .write_timeout = milliseconds(30)});
  RawClient stuck(port_);
  stuck.Send(Get("/large"));
  // The only place is free again once the stuck client has lost it.
  int status = 0;
  const Deadline patience = Deadline::After(seconds(20));
  while (status != 200 && !patience.Passed()) status = RawClient(port_).Ask(Get("/hello")).status;
  EXPECT_EQ(status, 200);
}

TEST_F(LimitsTest, SendsALargeAnswerWhole) {
  const std::string large = RandomHex(3 * kMiB);
  router_.Get("/large",
              [&](const Request&, const std::stop_token&) { return Response::Text(200, large); });
  Start();
  EXPECT_EQ(RawClient(port_).Ask(Get("/large")).body, large);
}

class MalformedTest : public ServerFixture, public testing::WithParamInterface<std::string> {};

TEST_P(MalformedTest, IsRefusedAndTheConnectionEnds) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Ask(GetParam()).status, 400);
  EXPECT_TRUE(client.WaitForEnd());
  EXPECT_EQ(RawClient(port_).Ask(Get("/hello")).status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, MalformedTest,
    testing::Values(
        "nonsense\r\n\r\n", "GET /hello\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
        "GET hello HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));

TEST_F(LimitsTest, AnswersOtherMethodsWithTheOnesItHas) {
  Start();
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"}) {
    const RawResponse response =
        RawClient(port_).Ask(std::string{method} + " /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.Find("Allow"), "GET, HEAD, POST");
  }
}

TEST_F(LimitsTest, AnswersAnotherVersionWith505) {
  Start();
  EXPECT_EQ(RawClient(port_).Ask("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n").status, 505);
  EXPECT_EQ(RawClient(port_).Ask("GET /hello HTTP/1.7\r\nHost: h\r\n\r\n").status, 505);
}

TEST_F(LimitsTest, SurvivesARequestThatIsCutAnywhere) {
  Start();
  const std::string request = PostOf(20);
  for (size_t size = 0; size < request.size(); ++size) {
    RawClient client(port_);
    client.Send(request.substr(0, size));
    client.Close();
  }
  EXPECT_EQ(RawClient(port_).Ask(PostOf(20)).status, 200);
}

}  // namespace
}  // namespace kubediag::http
