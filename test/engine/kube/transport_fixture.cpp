#include "test/engine/kube/transport_fixture.h"

#include <utility>

namespace kubediag::kube {

Result<kubeconfig::Credential> ScriptedCredentials::Get() {
  const std::lock_guard lock(mutex_);
  return credentials_[next_];
}

void ScriptedCredentials::Invalidate(const kubeconfig::Credential& refused) {
  const std::lock_guard lock(mutex_);
  ++invalidated_;
  if (credentials_[next_] == refused && next_ + 1 < credentials_.size()) ++next_;
}

kubeconfig::Credential Token(const std::string& token) {
  kubeconfig::Credential credential;
  credential.token = token;
  return credential;
}

std::unique_ptr<demo::Server> TransportTest::StartTls(demo::Handler handler,
                                                      const std::vector<std::string>& names,
                                                      uint16_t port) {
  auto made = demo::MakeCertificates({.names = names});
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  certificates_ = *std::move(made);
  auto server = demo::Server::Start({.port = port,
                                     .certificate_pem = certificates_.certificate_pem,
                                     .key_pem = certificates_.key_pem},
                                    Recording(std::move(handler)));
  EXPECT_TRUE(server.ok()) << server.status().ToString();
  return *std::move(server);
}

std::unique_ptr<demo::Server> TransportTest::StartPlain(demo::Handler handler) {
  auto server = demo::Server::Start({}, Recording(std::move(handler)));
  EXPECT_TRUE(server.ok()) << server.status().ToString();
  return *std::move(server);
}

demo::Handler TransportTest::Recording(demo::Handler handler) {
  return [this, handler = std::move(handler)](const demo::Request& request,
                                              demo::Connection& connection) {
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
    }
    return handler(request, connection);
  };
}

std::vector<demo::Request> TransportTest::Seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

kubeconfig::ClusterConfig TransportTest::Config(const std::string& url,
                                                const std::string& token) const {
  kubeconfig::ClusterConfig config;
  config.server = url;
  config.certificate_authority_data = certificates_.ca_pem;
  config.description = "the test's configuration";
  config.credentials =
      std::make_shared<ScriptedCredentials>(std::vector<kubeconfig::Credential>{Token(token)});
  return config;
}

std::unique_ptr<Transport> TransportTest::Make(const kubeconfig::ClusterConfig& config,
                                               size_t max_body) {
  auto transport =
      MakeTransport(config, {.user_agent = "kubediag-test/1", .max_body_bytes = max_body});
  EXPECT_TRUE(transport.ok()) << transport.status().ToString();
  return *std::move(transport);
}

demo::Handler Answering(demo::Response response) {
  return [response = std::move(response)](const demo::Request&, demo::Connection& connection) {
    return connection.Write(demo::Serialize(response));
  };
}

bool Stall(const demo::Request&, demo::Connection& connection) {
  std::string ignored;
  while (connection.Read(ignored, 1)) {
  }
  return false;
}

}  // namespace kubediag::kube
