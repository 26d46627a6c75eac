// Who is believed to be the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "engine/core/file.h"
#include "engine/core/unique_fd.h"
#include "test/plugins/fetch/fixture.h"

namespace kubediag::fetch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

using TlsTest = FetchTest;

TEST_F(TlsTest, ACertificateForAnotherNameIsANameMismatch) {
  certificates_ = demo::MakeCertificates({.names = {"other.example"}}).value();
  const auto server = StartApiServer();
  const Status status = Ask(Good(server->url() + "/debug/pprof/heap")).status();
  EXPECT_EQ(status.reason(), "TlsNameMismatch") << status.message();
  EXPECT_THAT(Seen(), IsEmpty());
}

TEST_F(TlsTest, ACertificateForTheAddressAloneDoesNotVouchForTheName) {
  certificates_ = demo::MakeCertificates({.names = {"127.0.0.1", "::1"}}).value();
  const auto server = StartApiServer();
  EXPECT_TRUE(Ask(Good(server->url() + "/debug/pprof/heap")).ok());
  EXPECT_EQ(ReasonOfAsking(Good("https://localhost:" + std::to_string(server->port()) + "/")),
            "TlsNameMismatch");
}

TEST_F(TlsTest, ACertificateOfAnotherCaIsUntrusted) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/debug/pprof/heap");
  request.ca_pem = demo::MakeCertificates({.names = {"127.0.0.1"}})->ca_pem;
  EXPECT_EQ(ReasonOfAsking(request), "TlsUntrusted");
  EXPECT_THAT(Seen(), IsEmpty());
}

TEST_F(TlsTest, TheSystemDoesNotTrustIt) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/debug/pprof/heap");
  request.ca_pem.clear();
  request.trust = Trust::kSystem;
  request.bearer_token.clear();
  EXPECT_EQ(ReasonOfAsking(request), "TlsUntrusted");
  EXPECT_THAT(Seen(), IsEmpty());
}

TEST_F(TlsTest, ATokenNeedsItsOwnCaAndNotTheSystems) {
  Request request = Good("https://127.0.0.1:1/");
  request.ca_pem.clear();
  request.trust = Trust::kSystem;
  EXPECT_EQ(ReasonOfAsking(request), "InvalidSource");
}

TEST_F(TlsTest, AnExpiredCertificateIsUntrusted) {
  certificates_ =
      demo::MakeCertificates({.names = {"127.0.0.1"}, .valid_for = std::chrono::seconds(-60)})
          .value();
  const auto server = StartApiServer();
  const Status status = Ask(Good(server->url() + "/debug/pprof/heap")).status();
  EXPECT_EQ(status.reason(), "TlsUntrusted");
  EXPECT_THAT(status.message(), HasSubstr("expired"));
}

TEST_F(TlsTest, HttpsWithoutCaIsRefusedBeforeAnybodyIsAsked) {
  Request request = Good("https://127.0.0.1:1/");
  request.ca_pem.clear();
  const Status status = Ask(request).status();
  EXPECT_EQ(status.reason(), "TlsUntrusted");
  EXPECT_THAT(status.message(), HasSubstr("needs the CA certificate"));
}

TEST_F(TlsTest, ACaThatIsNoCertificateIsUntrusted) {
  const auto server = StartApiServer();
  Request request = Good(server->url() + "/debug/pprof/heap");
  request.ca_pem = "not a certificate";
  EXPECT_EQ(ReasonOfAsking(request), "TlsUntrusted");
  EXPECT_THAT(Seen(), IsEmpty());
}

TEST_F(TlsTest, AServerThatSpeaksSomethingElseIsTlsFailed) {
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  ASSERT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread server([&] {
    const UniqueFd peer(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(WriteAll(peer.get(), "220 mail.example ready\r\n").ok());
    char hello[4096];
    while (read(peer.get(), hello, sizeof hello) > 0) {
    }
  });
  EXPECT_EQ(
      ReasonOfAsking(Good("https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/")),
      "TlsFailed");
  server.join();
}

}  // namespace
}  // namespace kubediag::fetch
