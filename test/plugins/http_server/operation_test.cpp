#include "plugins/http_server/operation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/fake_host.h>

#include <memory>
#include <string>

#include "plugins/go_profiler/demo/certificate.h"
#include "plugins/go_profiler/demo/server.h"

namespace kubediag::http_server {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    host_.LibexecDirectory(KUBEDIAG_BINARY_DIR "/libexec/kubediag")
        .Policy("fetch.allow_source_cidr", "127.0.0.0/8");
  }

  void Serve(demo::Response response, const demo::ServerOptions& options = {}) {
    server_ = demo::Server::Start(options, [this, response = std::move(response)](
                                               const demo::Request& request,
                                               demo::Connection& connection) {
                seen_ = request;
                return connection.Write(demo::Serialize(response));
              }).value();
    host_.Setting("address", "127.0.0.1").Setting("port", std::to_string(server_->port()));
  }
  void ServeJson(std::string body) {
    Serve({.content_type = "application/json", .body = std::move(body)});
  }

  FakeHost host_;
  demo::Request seen_;
  std::unique_ptr<demo::Server> server_;
};

TEST_F(HttpServerTest, PostsTheParametersAndTakesTheAnswer) {
  ServeJson(R"({"collector.a":"1","collector.b":"two"})");
  const FakeRun run = host_.Setting("path", "/processor/mine")
                          .Parameter("diagnosis.name", "d")
                          .Parameter("x", "quote \" and é")
                          .Run("http-server");
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_THAT(run.results,
              UnorderedElementsAre(Pair("collector.a", "1"), Pair("collector.b", "two")));
  EXPECT_EQ(seen_.method, "POST");
  EXPECT_EQ(seen_.target, "/processor/mine");
  EXPECT_EQ(seen_.body, R"({"diagnosis.name":"d","x":"quote \" and é"})");
  EXPECT_EQ(seen_.Header("content-type"), "application/json");
}

TEST_F(HttpServerTest, AnEmptyObjectIsASuccess) {
  ServeJson("{}");
  EXPECT_TRUE(host_.Run("http-server").ok());
}

TEST_F(HttpServerTest, AnAnswerThatIsNoObjectOfStringsSaysWhat) {
  ServeJson(R"({"a":[1]})");
  const FakeRun run = host_.Run("http-server");
  EXPECT_EQ(run.reason, "AnswerInvalid");
  EXPECT_THAT(run.message, HasSubstr("the value of \"a\" is an array, not a string"));
  EXPECT_TRUE(run.results.empty());
}

TEST_F(HttpServerTest, AnEmptyAnswerIsInvalid) {
  ServeJson("");
  EXPECT_EQ(host_.Run("http-server").reason, "AnswerInvalid");
}

TEST_F(HttpServerTest, AKeyTheEngineRefusesIsNamed) {
  ServeJson(R"({"no spaces":"x"})");
  const FakeRun run = host_.Run("http-server");
  EXPECT_EQ(run.reason, "ResultRefused");
  EXPECT_THAT(run.message, HasSubstr("no spaces"));
}

TEST_F(HttpServerTest, AnErrorAnswerIsQuoted) {
  Serve({.status = 500, .body = "mount info line not found"});
  const FakeRun run = host_.Run("http-server");
  EXPECT_EQ(run.reason, "ServerError");
  EXPECT_EQ(run.message,
            "POST " + server_->url() + "/: the server answered 500: mount info line not found");
}

TEST_F(HttpServerTest, ARedirectIsRefused) {
  Serve({.status = 307, .headers = {{"Location", "http://127.0.0.1:1/"}}});
  EXPECT_EQ(host_.Run("http-server").reason, "RedirectRefused");
}

TEST_F(HttpServerTest, AnAnswerAtTheCapIsTakenAndOnePastItIsNot) {
  constexpr size_t kCap = 2 * 1024 * 1024;
  const std::string frame = R"({"a":""})";
  ServeJson(R"({"a":")" + std::string(kCap - frame.size(), 'x') + R"("})");
  EXPECT_TRUE(host_.Run("http-server").ok());
}

TEST_F(HttpServerTest, AnAnswerPastTheCapIsTooLarge) {
  ServeJson(R"({"a":")" + std::string(2 * 1024 * 1024, 'x') + R"("})");
  EXPECT_EQ(host_.Run("http-server").reason, "TooLarge");
}

TEST_F(HttpServerTest, LoopbackNeedsPermission) {
  ServeJson("{}");
  FakeHost stranger;
  stranger.LibexecDirectory(KUBEDIAG_BINARY_DIR "/libexec/kubediag")
      .Setting("port", std::to_string(server_->port()));
  EXPECT_EQ(stranger.Run("http-server").reason, "SourceDenied");
  EXPECT_EQ(seen_.method, "");
}

TEST_F(HttpServerTest, TlsIsVerifiedAgainstTheGivenCa) {
  const auto certificates = demo::MakeCertificates({.names = {"127.0.0.1"}}).value();
  Serve({.body = "{}"},
        {.certificate_pem = certificates.certificate_pem, .key_pem = certificates.key_pem});
  host_.Setting("scheme", "https");
  EXPECT_EQ(host_.Run("http-server").reason, "TlsUntrusted");
  host_.Setting("ca_pem", certificates.ca_pem);
  EXPECT_TRUE(host_.Run("http-server").ok());
}

TEST_F(HttpServerTest, ASettingThatMakesNoUrlIsNamed) {
  const FakeRun run = host_.Setting("scheme", "gopher").Run("http-server");
  EXPECT_EQ(run.reason, "InvalidSetting");
}

TEST_F(HttpServerTest, AServerThatNeverAnswersEndsWithTheDeadline) {
  server_ = demo::Server::Start({}, [](const demo::Request&, demo::Connection& connection) {
              std::string ignored;
              while (connection.Read(ignored, 1)) {
              }
              return false;
            }).value();
  host_.Setting("port", std::to_string(server_->port())).Timeout(std::chrono::milliseconds(300));
  const FakeRun run = host_.Run("http-server");
  EXPECT_THAT(run.reason, ::testing::AnyOf("Timeout", "Cancelled"));
}

}  // namespace
}  // namespace kubediag::http_server
