#include "plugins/fetch/records.h"

#include <gtest/gtest.h>

#include <string>

#include "plugins/fetch/reason.h"
#include "plugins/fetch/request.h"

namespace kubediag::fetch {
namespace {

TEST(Records, ValuesMayHoldAnything) {
  std::string message;
  const std::string value("end 0\n\n\0binary\n", 15);
  AppendRecord(message, "body", value);
  AppendEnd(message);
  const auto records = ParseRecords(message);
  ASSERT_TRUE(records.ok()) << records.status().ToString();
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().value, value);
}

TEST(Records, EveryCutMessageIsRefused) {
  std::string message;
  AppendRecord(message, "url", "https://10.0.2.15:6443");
  AppendEnd(message);
  for (size_t size = 0; size < message.size(); ++size) {
    EXPECT_FALSE(ParseRecords(message.substr(0, size)).ok()) << "cut at " << size;
  }
}

class MalformedRecords : public ::testing::TestWithParam<const char*> {};
TEST_P(MalformedRecords, AreRefused) { EXPECT_FALSE(ParseRecords(GetParam()).ok()); }
INSTANTIATE_TEST_SUITE_P(Table, MalformedRecords,
                         ::testing::Values("", "url\n", "URL 0\n\nend 0\n\n", "url -1\n\nend 0\n\n",
                                           "url 01\nx\nend 0\n\n", "url 5\nx\nend 0\n\n",
                                           "url 18446744073709551615\nx\nend 0\n\n",
                                           "url 0\nxend 0\n\n", "end 0\n\nend 0\n\n", "end 1\nx\n",
                                           " 0\n\nend 0\n\n", "url 1 \nx\nend 0\n\n"));

TEST(Request, SurvivesItsEncoding) {
  Request request;
  request.method = Method::kPost;
  request.url = "https://10.0.2.15:6443/x";
  request.body = R"({"a":"b"})";
  request.content_type = "application/json";
  request.ca_pem = "-----BEGIN CERTIFICATE-----\n";
  request.bearer_token = "secret";
  request.allowed_cidrs = {"127.0.0.0/8", "::1/128"};
  request.max_body_bytes = 123456789;
  request.stall_timeout = std::chrono::seconds(50);
  const auto decoded = DecodeRequest(EncodeRequest(request));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(EncodeRequest(*decoded), EncodeRequest(request));
  EXPECT_EQ(decoded->bearer_token, "secret");
  EXPECT_EQ(decoded->allowed_cidrs.size(), 2U);
}

TEST(Request, ATokenAtItsCapIsTakenAndOnePastItIsRefusedUnquoted) {
  Request request;
  request.bearer_token = std::string(kMaxTokenBytes, 't');
  EXPECT_TRUE(DecodeRequest(EncodeRequest(request)).ok());
  request.bearer_token += "t";
  const auto refused = DecodeRequest(EncodeRequest(request));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().message(), "bearer_token is longer than 65536 bytes");
}

TEST(Request, AnUnknownRecordIsRefusedByName) {
  std::string message;
  AppendRecord(message, "proxy", "http://127.0.0.1");
  AppendEnd(message);
  EXPECT_EQ(DecodeRequest(message).status().message(), "unknown record proxy");
}

TEST(Answer, FailureKeepsReasonCodeAndMessage) {
  const Status failure = FetchError(Reason::kTlsNameMismatch, "for another name");
  EXPECT_EQ(DecodeAnswer(EncodeAnswer(failure)).status(), failure);
}

TEST(Answer, GarbageIsTheProgramsFailure) {
  EXPECT_EQ(DecodeAnswer("garbage").status().reason(), "FetchUnavailable");
  EXPECT_EQ(DecodeAnswer("end 0\n\n").status().reason(), "FetchUnavailable");
  EXPECT_EQ(DecodeAnswer("reason 4\nOops\nmessage 0\n\nend 0\n\n").status().reason(),
            "FetchUnavailable");
}

}  // namespace
}  // namespace kubediag::fetch
