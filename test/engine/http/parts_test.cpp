// The parts of the server that need no socket: hosts, rates, routes, bodies, escapes.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "engine/core/file.h"
#include "engine/http/handler.h"
#include "engine/http/host_policy.h"
#include "engine/http/message.h"
#include "engine/http/rate_limiter.h"

namespace kubediag::http {
namespace {

TEST(HostPolicy, AdmitsAddressesLocalhostAndGivenNames) {
  const HostPolicy policy({"Node-1.example", ""});
  for (const char* host :
       {"127.0.0.1", "10.0.2.15:39900", "[::1]", "[fe80::1]:80", "localhost", "LOCALHOST:1",
        "localhost.:8080", "node-1.example", "NODE-1.EXAMPLE.:65535"}) {
    EXPECT_TRUE(policy.Admits(host)) << host;
  }
}

TEST(HostPolicy, RefusesEverythingElse) {
  const HostPolicy policy({"node-1.example"});
  for (const char* host :
       {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
        "node-1.example.evil", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:123456", "[::1", "[::1]x",
        "[localhost]", "::1", "1.2.3", "0x7f.1", "localhost:80:80", "a@localhost", " localhost"}) {
    EXPECT_FALSE(policy.Admits(host)) << host;
  }
}

TEST(HostPolicy, RefusesAnAddressThatANulHidesTheRestOf) {
  using namespace std::string_view_literals;
  const HostPolicy policy;
  EXPECT_FALSE(policy.Admits("127.0.0.1\0.example"sv));
  EXPECT_FALSE(policy.Admits("[::1\0x]"sv));
}

TEST(PeerRateLimiter, AdmitsABurstAndThenTheRate) {
  PeerRateLimiter limiter(/*per_second=*/2, /*burst=*/3, /*max_peers=*/10);
  const PeerRateLimiter::TimePoint start{std::chrono::hours(1)};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.Admit("a", start));
  EXPECT_FALSE(limiter.Admit("a", start));
  EXPECT_TRUE(limiter.Admit("b", start));
  EXPECT_FALSE(limiter.Admit("a", start + std::chrono::milliseconds(499)));
  EXPECT_TRUE(limiter.Admit("a", start + std::chrono::milliseconds(500)));
  EXPECT_FALSE(limiter.Admit("a", start + std::chrono::milliseconds(500)));
}

TEST(PeerRateLimiter, KeepsItsMemoryBounded) {
  PeerRateLimiter limiter(/*per_second=*/1, /*burst=*/2, /*max_peers=*/10);
  const PeerRateLimiter::TimePoint start{std::chrono::hours(1)};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.Admit(std::to_string(i), start));
  // Ten are busy: the others share one bucket.
  EXPECT_TRUE(limiter.Admit("x", start));
  EXPECT_TRUE(limiter.Admit("y", start));
  EXPECT_FALSE(limiter.Admit("z", start));
  EXPECT_EQ(limiter.peers(), 10U);
  EXPECT_TRUE(limiter.Admit("z", start + std::chrono::seconds(60)));
  EXPECT_EQ(limiter.peers(), 1U);
}

TEST(Router, NamesTheMethodsOfAPath) {
  Router router;
  router.Get("/a", [](const Request&, const std::stop_token&) { return Response::Text(200, "a"); });
  Request request;
  request.path = "/a";
  EXPECT_EQ(router.Handle(request, {}).status, 200);
  request.method = Method::kHead;
  EXPECT_EQ(router.Handle(request, {}).status, 200);
  request.method = Method::kPost;
  const Response refused = router.Handle(request, {});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.back().value, "GET, HEAD");
  request.path = "/a/";
  EXPECT_EQ(router.Handle(request, {}).status, 404);
}

TEST(Request, FindsHeadersInAnyCase) {
  Request request;
  request.headers = {{"Accept-Encoding", "gzip"}, {"accept-encoding", "second"}};
  EXPECT_EQ(request.Find("ACCEPT-encoding"), "gzip");
  EXPECT_EQ(request.Find("accept"), "");
}

TEST(Request, ReadsQueryValues) {
  Request request;
  request.query = "a=1&b=&c&%64=x%3Dy&a=2";
  EXPECT_EQ(request.QueryValue("a"), "1");
  EXPECT_EQ(request.QueryValue("b"), "");
  EXPECT_EQ(request.QueryValue("c"), "");
  EXPECT_EQ(request.QueryValue("d"), "x=y");
  EXPECT_EQ(request.QueryValue("e"), std::nullopt);
}

TEST(PercentDecode, RefusesCutEscapes) {
  EXPECT_EQ(PercentDecode("a%00b"), std::string("a\0b", 3));
  for (const char* text : {"%", "%4", "a%g0", "%0g"}) EXPECT_EQ(PercentDecode(text), std::nullopt);
}

TEST(Body, ReadsAFileInPiecesAndNoticesThatItShrank) {
  auto file = std::make_shared<const UniqueFd>(memfd_create("body", MFD_CLOEXEC));
  ASSERT_TRUE(WriteAll(file->get(), "0123456789").ok());
  const Body body = Body::File(file, 10);
  std::string scratch;
  EXPECT_EQ(*body.Chunk(0, 4, scratch), "0123");
  EXPECT_EQ(*body.Chunk(8, 4, scratch), "89");
  EXPECT_EQ(*body.Chunk(10, 4, scratch), "");
  ASSERT_EQ(ftruncate(file->get(), 5), 0);
  EXPECT_EQ(*body.Chunk(4, 4, scratch), "4");
  EXPECT_EQ(body.Chunk(5, 4, scratch).status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace kubediag::http
