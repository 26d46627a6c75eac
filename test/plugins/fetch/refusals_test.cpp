// Whom the fetch program does not ask, and what it makes of those who refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "engine/core/unique_fd.h"
#include "test/plugins/fetch/fixture.h"

namespace kubediag::fetch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

using RefusalTest = FetchTest;

TEST_F(RefusalTest, LoopbackIsDeniedWithoutPermission) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/debug/pprof/heap");
  request.allowed_cidrs.clear();
  const Status status = Ask(request).status();
  EXPECT_EQ(status.reason(), "SourceDenied");
  EXPECT_THAT(status.message(), HasSubstr("127.0.0.1 is a loopback address"));
  EXPECT_THAT(Seen(), IsEmpty());
}

class DisguisedLoopback : public FetchTest, public ::testing::WithParamInterface<const char*> {};
TEST_P(DisguisedLoopback, IsDenied) {
  const auto server = StartPlain();
  Request request =
      Good("http://" + std::string(GetParam()) + ":" + std::to_string(server->port()) + "/");
  request.bearer_token.clear();
  request.allowed_cidrs.clear();
  EXPECT_EQ(ReasonOfAsking(request), "SourceDenied");
  EXPECT_THAT(Seen(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Table, DisguisedLoopback,
                         ::testing::Values("localhost", "LOCALHOST", "127.1", "2130706433",
                                           "0x7f000001", "0177.0.0.1", "0", "0.0.0.0", "[::1]",
                                           "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
                                           "[::7f00:1]"));

TEST_F(RefusalTest, ANameIsTriedAtItsAllowedAddressesOnly) {
  const auto server = StartPlain();
  Request request = Good("http://localhost:" + std::to_string(server->port()) + "/");
  request.bearer_token.clear();
  request.allowed_cidrs = {"127.0.0.1"};
  EXPECT_EQ(Ask(request).status().reason(), "Unauthorized");  // it was asked
  EXPECT_EQ(Seen().size(), 1U);
}

TEST_F(RefusalTest, AMalformedPermissionIsNamed) {
  Request request = Good("https://127.0.0.1:1/");
  request.allowed_cidrs = {"loopback"};
  const Status status = Ask(request).status();
  EXPECT_EQ(status.reason(), "InvalidSource");
  EXPECT_THAT(status.message(), HasSubstr("\"loopback\" is not an address range"));
}

TEST_F(RefusalTest, ANameWithoutAddressIsDnsFailed) {
  EXPECT_EQ(ReasonOfAsking(Good("https://no-such-host.invalid/")), "DnsFailed");
}

TEST_F(RefusalTest, ASocketNobodyListensOnIsConnectFailed) {
  const UniqueFd bound(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(bound.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(bound.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  EXPECT_EQ(
      ReasonOfAsking(Good("https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/")),
      "ConnectFailed");
}

struct FaultCase {
  const char* fault;
  const char* reason;
};
class Fault : public FetchTest, public ::testing::WithParamInterface<FaultCase> {};
TEST_P(Fault, HasItsReasonOverTls) {
  const auto server = StartApiServer();
  const auto fetched =
      Ask(Good(server->url() + "/fault/" + GetParam().fault + "/debug/pprof/heap"));
  EXPECT_EQ(fetched.status().reason(), GetParam().reason) << fetched.status().ToString();
}
INSTANTIATE_TEST_SUITE_P(
    Table, Fault,
    ::testing::Values(FaultCase{"401", "Unauthorized"}, FaultCase{"403", "Forbidden"},
                      FaultCase{"404", "NotFound"}, FaultCase{"418", "HttpError"},
                      FaultCase{"429", "TooManyRequests"}, FaultCase{"500", "ServerError"},
                      FaultCase{"503", "ServerError"}, FaultCase{"redirect", "RedirectRefused"},
                      FaultCase{"truncated", "Truncated"}, FaultCase{"disconnect", "Truncated"},
                      FaultCase{"huge", "TooLarge"}, FaultCase{"announced", "TooLarge"},
                      FaultCase{"headers", "HttpError"}, FaultCase{"encoded", "HttpError"},
                      FaultCase{"not-http", "HttpError"}),
    [](const auto& instance) {
      std::string name = instance.param.fault;
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

TEST_F(RefusalTest, AWrongTokenIsUnauthorizedInTheServersWords) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/debug/pprof/heap");
  request.bearer_token = "another";
  const Status status = Ask(request).status();
  EXPECT_EQ(status.reason(), "Unauthorized");
  EXPECT_THAT(status.message(), HasSubstr("the server answered 401: {\"kind\":\"Status\""));
}

TEST_F(RefusalTest, ARedirectNeverCarriesTheTokenAnywhere) {
  const auto target = StartApiServer();
  api_server_ = std::make_unique<demo::ApiServer>(
      demo::ApiServer::Load(
          {.recordings = RecordingsDirectory(), .token = kToken, .redirect_to = target->url()})
          .value());
  const auto server = StartApiServer();
  const Status status = Ask(Good(server->url() + "/fault/redirect/debug/pprof/heap")).status();
  EXPECT_EQ(status.reason(), "RedirectRefused");
  EXPECT_THAT(status.message(), HasSubstr(target->url()));
  EXPECT_EQ(Seen().size(), 1U);  // only the one that redirects was asked
}

TEST_F(RefusalTest, ATokenIsNeverSentOverHttp) {
  const auto server = StartPlain();
  EXPECT_EQ(ReasonOfAsking(Good(server->url() + "/debug/pprof/heap")), "InvalidSource");
  EXPECT_THAT(Seen(), IsEmpty());
}

TEST_F(RefusalTest, ATokenCannotAddAHeader) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/debug/pprof/heap");
  request.bearer_token = "token\r\nX-Evil: 1";
  EXPECT_EQ(ReasonOfAsking(request), "Unauthorized");
  EXPECT_THAT(Seen(), IsEmpty());
}

}  // namespace
}  // namespace kubediag::fetch
