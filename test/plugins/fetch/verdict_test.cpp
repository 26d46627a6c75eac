#include "plugins/fetch/verdict.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "plugins/fetch/reason.h"

namespace kubediag::fetch {
namespace {

using ::testing::HasSubstr;

struct StatusCase {
  int status;
  const char* reason;
};
class HttpStatus : public ::testing::TestWithParam<StatusCase> {};
TEST_P(HttpStatus, HasItsReason) {
  EXPECT_EQ(JudgeHttpStatus({.status = GetParam().status}).reason(), GetParam().reason);
}
INSTANTIATE_TEST_SUITE_P(
    Table, HttpStatus,
    ::testing::Values(StatusCase{200, ""}, StatusCase{204, "HttpError"},
                      StatusCase{206, "HttpError"}, StatusCase{301, "RedirectRefused"},
                      StatusCase{304, "RedirectRefused"}, StatusCase{399, "RedirectRefused"},
                      StatusCase{400, "HttpError"}, StatusCase{401, "Unauthorized"},
                      StatusCase{403, "Forbidden"}, StatusCase{404, "NotFound"},
                      StatusCase{429, "TooManyRequests"}, StatusCase{500, "ServerError"},
                      StatusCase{599, "ServerError"}, StatusCase{600, "HttpError"}));

struct CurlCase {
  int code;
  const char* reason;
};
class CurlCode : public ::testing::TestWithParam<CurlCase> {};
TEST_P(CurlCode, HasItsReason) {
  EXPECT_EQ(JudgeTransfer({.curl_code = GetParam().code}).reason(), GetParam().reason);
}
INSTANTIATE_TEST_SUITE_P(Table, CurlCode,
                         ::testing::Values(CurlCase{CURLE_OK, ""},
                                           CurlCase{CURLE_COULDNT_RESOLVE_HOST, "DnsFailed"},
                                           CurlCase{CURLE_COULDNT_CONNECT, "ConnectFailed"},
                                           CurlCase{CURLE_SSL_CONNECT_ERROR, "TlsFailed"},
                                           CurlCase{CURLE_SSL_CACERT_BADFILE, "TlsUntrusted"},
                                           CurlCase{CURLE_OPERATION_TIMEDOUT, "Timeout"},
                                           CurlCase{CURLE_FILESIZE_EXCEEDED, "TooLarge"},
                                           CurlCase{CURLE_PARTIAL_FILE, "Truncated"},
                                           CurlCase{CURLE_GOT_NOTHING, "Truncated"},
                                           CurlCase{CURLE_RECV_ERROR, "Truncated"},
                                           CurlCase{CURLE_OUT_OF_MEMORY, "FetchUnavailable"},
                                           CurlCase{CURLE_URL_MALFORMAT, "InvalidSource"},
                                           CurlCase{CURLE_UNSUPPORTED_PROTOCOL, "HttpError"},
                                           CurlCase{CURLE_WEIRD_SERVER_REPLY, "HttpError"}));

TEST(Verdict, AGoodChainThatFailsIsForAnotherName) {
  EXPECT_EQ(JudgeTransfer({.curl_code = CURLE_PEER_FAILED_VERIFICATION}).reason(),
            "TlsNameMismatch");
}

TEST(Verdict, ARefusedChainIsUntrustedWhateverLibcurlMakesOfIt) {
  for (const int code : {CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR}) {
    const Status status = JudgeTransfer({.curl_code = code, .certificate_error = "expired"});
    EXPECT_EQ(status, FetchError(Reason::kTlsUntrusted, "the certificate is not trusted: expired"));
  }
}

TEST(Verdict, ADeniedAddressIsNotAConnectionThatFailed) {
  EXPECT_EQ(JudgeTransfer({.curl_code = CURLE_COULDNT_CONNECT, .denial = "127.0.0.1 is loopback"}),
            FetchError(Reason::kSourceDenied,
                       "127.0.0.1 is loopback; it is denied unless --allow-source-cidr names it"));
  EXPECT_EQ(
      JudgeTransfer(
          {.curl_code = CURLE_COULDNT_CONNECT, .denial = "::1 is loopback", .address_tried = true})
          .reason(),
      "ConnectFailed");
}

TEST(Verdict, QuotesTheServerWithoutItsControlCharacters) {
  const Status status = JudgeHttpStatus({.status = 500, .snippet = "busy\x1b[31m\r\n\r\nnow"});
  EXPECT_EQ(status.message(), "the server answered 500: busy.[31m now");
}

TEST(Verdict, NamesTheTargetOfARefusedRedirect) {
  EXPECT_THAT(JudgeHttpStatus({.status = 302, .location = "https://evil.example/"}).message(),
              HasSubstr("towards https://evil.example/; redirects are not followed"));
}

TEST(Reason, EveryNameLeadsBackToItself) {
  for (int i = 0; i <= static_cast<int>(Reason::kFetchUnavailable); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_EQ(ReasonOf(ReasonName(reason)), reason);
  }
}

}  // namespace
}  // namespace kubediag::fetch
