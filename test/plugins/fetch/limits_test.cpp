// Caps of bytes and time, at the cap and one past it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>

#include "engine/core/unique_fd.h"
#include "plugins/fetch/response_sink.h"
#include "test/plugins/fetch/fixture.h"

namespace kubediag::fetch {
namespace {

using ::testing::HasSubstr;

using LimitTest = FetchTest;

TEST_F(LimitTest, ABodyAtTheCapIsTakenAndOnePastItIsTooLarge) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/debug/pprof/threadcreate");
  request.max_body_bytes = 486;  // the recording's size
  const auto fetched = Ask(request);
  ASSERT_TRUE(fetched.ok()) << fetched.status().ToString();
  EXPECT_EQ(fetched->body.size(), 486U);
  request.max_body_bytes = 485;
  const Status refused = Ask(request).status();
  EXPECT_EQ(refused.reason(), "TooLarge");
  EXPECT_EQ(refused.message(), "the server announces 486 bytes, more than 485");
}

TEST_F(LimitTest, AServerThatNeverAnswersIsATimeout) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/fault/stall/");
  request.total_timeout = std::chrono::milliseconds(300);
  EXPECT_EQ(ReasonOfAsking(request), "Timeout");
}

TEST_F(LimitTest, AServerThatDripsIsATimeoutLongBeforeTheWhole) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/fault/drip/");
  request.stall_timeout = std::chrono::seconds(1);
  request.total_timeout = std::chrono::minutes(10);
  const Status status = Ask(request).status();
  EXPECT_EQ(status.reason(), "Timeout");
  EXPECT_THAT(status.message(), HasSubstr("too slow"));
}

TEST(ResponseSink, CountsHeadersOfAllInterimAnswersTogether) {
  ResponseSink sink(-1, 10);
  EXPECT_TRUE(sink.TakeHeader("HTTP/1.1 103 Early Hints\r\n"));
  const std::string line = "X: " + std::string(kMaxHeaderBytes / 4, 'x') + "\r\n";
  EXPECT_TRUE(sink.TakeHeader(line));
  EXPECT_TRUE(sink.TakeHeader("\r\n"));
  EXPECT_FALSE(sink.headers_complete());
  EXPECT_TRUE(sink.TakeHeader("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(sink.TakeHeader(line));
  EXPECT_TRUE(sink.TakeHeader(line));
  EXPECT_FALSE(sink.TakeHeader(line));
  EXPECT_EQ(sink.failure()->reason(), "HttpError");
}

TEST(ResponseSink, CountsABodyThatWasNotAnnounced) {
  const UniqueFd output(memfd_create("body", MFD_CLOEXEC));
  ResponseSink sink(output.get(), 10);
  EXPECT_TRUE(sink.TakeHeader("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(sink.TakeHeader("\r\n"));
  EXPECT_TRUE(sink.TakeBody("0123456789"));
  EXPECT_FALSE(sink.TakeBody("x"));
  EXPECT_EQ(sink.failure()->message(), "the body is larger than 10 bytes");
}

TEST(ResponseSink, TheBodyOfARefusalReachesNoFile) {
  ResponseSink sink(-1, 10);  // writing would fail
  EXPECT_TRUE(sink.TakeHeader("HTTP/1.1 500 Oops\r\n"));
  EXPECT_TRUE(sink.TakeHeader("\r\n"));
  EXPECT_TRUE(sink.TakeBody("too busy, come back later"));
  EXPECT_EQ(sink.snippet(), "too busy, come back later");
  EXPECT_FALSE(sink.failure().has_value());
}

TEST(ResponseSink, ABodyThatCannotBeSavedSaysSo) {
  ResponseSink sink(-1, 10);
  EXPECT_TRUE(sink.TakeHeader("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(sink.TakeHeader("\r\n"));
  EXPECT_FALSE(sink.TakeBody("x"));
  EXPECT_EQ(sink.failure()->reason(), "OutputFailed");
}

}  // namespace
}  // namespace kubediag::fetch
