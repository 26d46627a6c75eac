// Whom the transport believes, and what it says it is.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <fstream>
#include <thread>

#include "engine/core/file.h"
#include "engine/core/unique_fd.h"
#include "test/engine/kube/transport_fixture.h"

namespace kubediag::kube {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Deadline Soon() { return Deadline::After(seconds(20)); }

std::vector<std::string> HeadersOf(const demo::Request& request, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : request.headers) {
    if (key == name) values.push_back(value);
  }
  return values;
}

TEST_F(TransportTest, ServerOfAnotherAuthorityIsRefusedBeforeAnythingIsSaid) {
  const auto server = StartTls(Answering({}));
  auto config = Config(server->url(), "secret");
  config.certificate_authority_data = demo::MakeCertificates({.names = {"127.0.0.1"}})->ca_pem;
  const auto answer = Make(config)->Send({.target = "/x"}, Soon(), {});
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(answer.status().reason(), "TlsRefused");
  EXPECT_THAT(answer.status().message(), HasSubstr("certificate"));
  EXPECT_TRUE(Seen().empty());
}

TEST_F(TransportTest, ServerOfAnotherNameIsRefusedUnlessThatNameIsExpected) {
  const auto server = StartTls(Answering({.body = "ok"}), {"api.example.test"});
  auto config = Config(server->url(), "secret");
  const auto refused = Make(config)->Send({.target = "/x"}, Soon(), {});
  EXPECT_EQ(refused.status().reason(), "TlsRefused");
  EXPECT_THAT(refused.status().message(), HasSubstr("for another name"));
  EXPECT_TRUE(Seen().empty());

  config.tls_server_name = "api.example.test";
  const auto answer = Make(config)->Send({.target = "/x"}, Soon(), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->body, "ok");
}

// Else an object would count as deleted because a plugin is.
TEST_F(TransportTest, CredentialThatCannotBeHadIsNoAnswerAboutAnObject) {
  class Missing : public kubeconfig::CredentialSource {
    Result<kubeconfig::Credential> Get() override { return Status::NotFound("is not in PATH"); }
    void Invalidate(const kubeconfig::Credential&) override {}
  };
  const auto server = StartTls(Answering({}));
  auto config = Config(server->url());
  config.credentials = std::make_shared<Missing>();
  const auto answer = Make(config)->Send({.target = "/x"}, Soon(), {});
  EXPECT_EQ(answer.status().code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(answer.status().message(), HasSubstr("is not in PATH"));
  EXPECT_TRUE(Seen().empty());
}

TEST_F(TransportTest, UnknownAuthorityIsBelievedOnlyWhereToldTo) {
  const auto server = StartTls(Answering({.body = "ok"}), {"other"});
  auto config = Config(server->url());
  config.certificate_authority_data.clear();
  EXPECT_EQ(Make(config)->Send({.target = "/x"}, Soon(), {}).status().reason(), "TlsRefused");
  config.insecure_skip_tls_verify = true;
  EXPECT_TRUE(Make(config)->Send({.target = "/x"}, Soon(), {}).ok());
}

TEST_F(TransportTest, After401CredentialsAreReadAgainAndTheRequestIsRepeatedOnce) {
  const auto server = StartTls([](const demo::Request& request, demo::Connection& connection) {
    const bool good = request.Header("authorization") == "Bearer new";
    return connection.Write(demo::Serialize({.status = good ? 200 : 401, .body = "x"}));
  });
  auto config = Config(server->url());
  const auto source = std::make_shared<ScriptedCredentials>(
      std::vector<kubeconfig::Credential>{Token("old"), Token("new")});
  config.credentials = source;
  const auto answer = Make(config)->Send({.target = "/x"}, Soon(), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(Seen().size(), 2U);
  EXPECT_EQ(source->invalidated(), 1);
}

TEST_F(TransportTest, A401WithoutOtherCredentialsIsTheAnswer) {
  const auto server = StartTls(Answering({.status = 401, .body = "who?"}));
  const auto answer = Make(Config(server->url(), "only"))->Send({.target = "/x"}, Soon(), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(Seen().size(), 1U);
}

TEST_F(TransportTest, ReplacedAuthorityFileIsPickedUpWithoutRestart) {
  char folder[] = "/tmp/kube-transport-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/ca.crt";
  auto server = StartTls(Answering({.body = "first"}));
  const uint16_t port = server->port();
  std::ofstream(path) << certificates_.ca_pem;
  auto config = Config(server->url(), "t");
  config.certificate_authority_data.clear();
  config.certificate_authority_file = path;
  const auto transport = Make(config);
  ASSERT_TRUE(transport->Send({.target = "/x"}, Soon(), {}).ok());

  server.reset();
  server = StartTls(Answering({.body = "second"}), {"127.0.0.1"}, port);
  std::ofstream(path) << certificates_.ca_pem;
  // The first try may still believe the old authority; its failure makes the next one look.
  auto answer = transport->Send({.target = "/x"}, Soon(), {});
  if (!answer.ok()) answer = transport->Send({.target = "/x"}, Soon(), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->body, "second");
  unlink(path.c_str());
  rmdir(folder);
}

TEST_F(TransportTest, CredentialsNeverGoOverHttp) {
  const auto server = StartPlain(Answering({}));
  const auto answer = Make(Config(server->url(), "secret"))->Send({.target = "/x"}, Soon(), {});
  EXPECT_EQ(answer.status().code(), StatusCode::kPermissionDenied);
  EXPECT_TRUE(Seen().empty());
}

TEST_F(TransportTest, EachImpersonatedGroupHasItsOwnHeader) {
  const auto server = StartTls(Answering({}));
  auto config = Config(server->url());
  kubeconfig::Credential credential = Token("t");
  credential.impersonation = {.user = "jane",
                              .uid = "u-1",
                              .groups = {"dev", "ops, with comma"},
                              .extra = {{"scopes", {"view", "edit"}}}};
  config.credentials =
      std::make_shared<ScriptedCredentials>(std::vector<kubeconfig::Credential>{credential});
  ASSERT_TRUE(Make(config)->Send({.target = "/x"}, Soon(), {}).ok());
  const demo::Request request = Seen().front();
  EXPECT_THAT(HeadersOf(request, "impersonate-user"), ElementsAre("jane"));
  EXPECT_THAT(HeadersOf(request, "impersonate-uid"), ElementsAre("u-1"));
  EXPECT_THAT(HeadersOf(request, "impersonate-group"), ElementsAre("dev", "ops, with comma"));
  EXPECT_THAT(HeadersOf(request, "impersonate-extra-scopes"), ElementsAre("view", "edit"));
}

TEST_F(TransportTest, CredentialWithALineBreakIsNotSent) {
  const auto server = StartTls(Answering({}));
  const auto answer =
      Make(Config(server->url(), "t\r\nX-Forged: 1"))->Send({.target = "/x"}, Soon(), {});
  EXPECT_EQ(answer.status().code(), StatusCode::kPermissionDenied);
  EXPECT_TRUE(Seen().empty());
}

// Carries bytes both ways between a client and 127.0.0.1:port until one of them leaves.
bool Tunnel(demo::Connection& client, uint16_t port) {
  const UniqueFd server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return false;
  client.Write("HTTP/1.1 200 Connection established\r\n\r\n");
  std::jthread back([&] {
    char bytes[4096];
    ssize_t got = 0;
    while ((got = recv(server.get(), bytes, sizeof bytes, 0)) > 0) {
      if (!client.Write({bytes, static_cast<size_t>(got)})) break;
    }
    client.Abort();
  });
  std::string bytes;
  while (client.Read(bytes, 4096)) {
    if (!WriteAll(server.get(), bytes).ok()) break;
    bytes.clear();
  }
  shutdown(server.get(), SHUT_RDWR);
  return false;
}

TEST_F(TransportTest, ProxyGetsItsPasswordAndTheServerTheToken) {
  const auto server = StartTls(Answering({.body = "through"}));
  demo::Request asked;
  const auto proxy = StartPlain([&](const demo::Request& request, demo::Connection& connection) {
    asked = request;
    return Tunnel(connection, server->port());
  });
  auto config = Config(server->url(), "secret");
  config.proxy_url = "http://user:pass%21@127.0.0.1:" + std::to_string(proxy->port());
  const auto answer = Make(config)->Send({.target = "/x"}, Soon(), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->body, "through");
  EXPECT_EQ(asked.method, "CONNECT");
  EXPECT_EQ(asked.target, "127.0.0.1:" + std::to_string(server->port()));
  EXPECT_EQ(asked.Header("proxy-authorization"), "Basic dXNlcjpwYXNzIQ==");
  EXPECT_EQ(asked.Header("authorization"), "");
}

TEST_F(TransportTest, ConfigurationThatCannotWorkIsRefusedWithTheReason) {
  const auto server = StartTls(Answering({}));
  auto config = Config("https://[::1]:6443");
  EXPECT_THAT(MakeTransport(config, {.user_agent = "x"}).status().message(),
              HasSubstr("IPv6 address"));
  config = Config(server->url());
  for (const char* const broken : {"http://us er:hunter2@host", "http://user:hunter2@ho st"}) {
    config.proxy_url = broken;
    const Status refused = MakeTransport(config, {.user_agent = "x"}).status();
    EXPECT_FALSE(refused.ok()) << broken;
    EXPECT_THAT(refused.message(), testing::Not(HasSubstr("hunter2")));
  }
  config.proxy_url = "socks5://127.0.0.1:1080";
  EXPECT_THAT(MakeTransport(config, {.user_agent = "x"}).status().message(), HasSubstr("proxy"));
  config = Config(server->url());
  config.certificate_authority_data = "no certificate";
  EXPECT_THAT(MakeTransport(config, {.user_agent = "x"}).status().message(),
              HasSubstr("certificate authority"));
}

}  // namespace
}  // namespace kubediag::kube
