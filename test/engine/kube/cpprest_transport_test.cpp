#include <gmock/gmock.h>

#include <future>

#include "test/engine/kube/transport_fixture.h"

namespace kubediag::kube {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

Deadline Soon() { return Deadline::After(seconds(20)); }

TEST_F(TransportTest, RequestCarriesIdentityBodyAndNoWishForCompression) {
  const auto server = StartTls(Answering({.status = 201, .body = "{\"made\":1}"}));
  const auto transport = Make(Config(server->url(), "secret-token"));
  const auto answer = transport->Send({.method = "PATCH",
                                       .target = "/apis/g/v1/things/x?fieldManager=kubediag",
                                       .body = "{\"a\":\"\u00fc\"}",
                                       .content_type = "application/merge-patch+json"},
                                      Soon(), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "{\"made\":1}");
  ASSERT_EQ(Seen().size(), 1U);
  const demo::Request request = Seen().front();
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target, "/apis/g/v1/things/x?fieldManager=kubediag");
  EXPECT_EQ(request.body, "{\"a\":\"\u00fc\"}");
  EXPECT_EQ(request.Header("content-type"), "application/merge-patch+json");
  EXPECT_EQ(request.Header("authorization"), "Bearer secret-token");
  EXPECT_EQ(request.Header("user-agent"), "kubediag-test/1");
  EXPECT_EQ(request.Header("accept"), "application/json");
  EXPECT_EQ(request.Header("accept-encoding"), "");
}

TEST_F(TransportTest, EncodedTargetsGoOverTheWireAsTheyAre) {
  const auto server = StartPlain(Answering({}));
  const auto transport = Make(Config(server->url() + "/k8s/clusters/c-1"));
  const std::string target = "/api/v1/pods?fieldSelector=spec.nodeName%3Da%26b&continue=%2B%2F%3D";
  ASSERT_TRUE(transport->Send({.target = target}, Soon(), {}).ok());
  EXPECT_EQ(Seen().front().target, "/k8s/clusters/c-1" + target);
}

TEST_F(TransportTest, AnyHttpStatusIsAnAnswerAndTellsWhenToComeBack) {
  const auto server =
      StartPlain(Answering({.status = 429, .body = "later", .headers = {{"Retry-After", "7"}}}));
  const auto answer = Make(Config(server->url()))->Send({.target = "/x"}, Soon(), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 429);
  EXPECT_EQ(answer->body, "later");
  EXPECT_EQ(answer->retry_after, seconds(7));
}

TEST_F(TransportTest, RedirectIsNotFollowed) {
  const auto other = StartPlain(Answering({.body = "stolen"}));
  const auto server =
      StartPlain(Answering({.status = 302, .headers = {{"Location", other->url() + "/x"}}}));
  const auto answer = Make(Config(server->url()))->Send({.target = "/x"}, Soon(), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(Seen().size(), 1U);
}

TEST_F(TransportTest, StreamHandsOverAllBytesInOrderAndEndsWithTheServer) {
  std::string whole;
  for (int i = 0; i < 40'000; ++i) whole += std::to_string(i) + "\n";
  const auto server = StartTls([&](const demo::Request&, demo::Connection& connection) {
    bool ok = connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; ok && at < whole.size(); at += 5000) {
      const std::string chunk = whole.substr(at, 5000);
      char size[32];
      snprintf(size, sizeof size, "%zx\r\n", chunk.size());
      ok = connection.Write(size + chunk + "\r\n");
    }
    return ok && connection.Write("0\r\n\r\n");
  });
  std::string got;
  const auto answer = Make(Config(server->url()))
                          ->Stream({.target = "/x"}, seconds(20),
                                   [&](std::string_view bytes) {
                                     got += bytes;
                                     return Status::Ok();
                                   },
                                   {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(got, whole);
}

TEST_F(TransportTest, StreamGivesOtherStatusesBackWhole) {
  const auto server = StartPlain(Answering({.status = 410, .body = "{\"reason\":\"Expired\"}"}));
  const auto answer =
      Make(Config(server->url()))
          ->Stream({.target = "/x"}, seconds(20),
                   [](std::string_view) { return Status::Internal("not asked"); }, {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 410);
  EXPECT_EQ(answer->body, "{\"reason\":\"Expired\"}");
}

TEST_F(TransportTest, StatusOfTheConsumerEndsTheStream) {
  const auto server = StartPlain([](const demo::Request&, demo::Connection& connection) {
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    while (connection.Write(std::string(1000, 'x'))) {
    }
    return false;
  });
  int pieces = 0;
  const auto answer =
      Make(Config(server->url()))
          ->Stream({.target = "/x"}, seconds(20),
                   [&](std::string_view) {
                     return ++pieces < 3 ? Status::Ok() : Status::DataLoss("seen enough");
                   },
                   {});
  EXPECT_EQ(answer.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(answer.status().message(), HasSubstr("seen enough"));
  EXPECT_EQ(pieces, 3);
}

TEST_F(TransportTest, ManyRequestsAtOnceAllGetTheirOwnAnswer) {
  const auto server = StartTls([](const demo::Request& request, demo::Connection& connection) {
    return connection.Write(demo::Serialize({.body = request.target}));
  });
  const auto transport = Make(Config(server->url(), "t"));
  std::vector<std::future<bool>> done;
  for (int i = 0; i < 16; ++i) {
    done.push_back(std::async(std::launch::async, [&, i] {
      bool all = true;
      for (int j = 0; j < 8; ++j) {
        const std::string target = "/" + std::to_string(i) + "/" + std::to_string(j);
        const auto answer = transport->Send({.target = target}, Soon(), {});
        all &= answer.ok() && answer->body == target;
      }
      return all;
    }));
  }
  for (auto& each : done) EXPECT_TRUE(each.get());
}

}  // namespace
}  // namespace kubediag::kube
