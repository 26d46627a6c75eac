#include "test/plugins/go_profiler/operation/fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "engine/core/file.h"
#include "engine/core/unique_fd.h"

namespace kubediag::go_profiler {

GoProfilerTest::GoProfilerTest()
    : certificates_(demo::MakeCertificates({.names = {"127.0.0.1", "::1", "localhost"}}).value()),
      api_server_(std::make_unique<demo::ApiServer>(
          demo::ApiServer::Load(
              {.recordings = KUBEDIAG_SOURCE_DIR "/plugins/go_profiler/demo/recordings",
               .token = kToken,
               .redirect_to = "https://127.0.0.1:1/"})
              .value())),
      server_(demo::Server::Start({.certificate_pem = certificates_.certificate_pem,
                                   .key_pem = certificates_.key_pem},
                                  Recording())
                  .value()) {
  host_.LibexecDirectory(KUBEDIAG_BINARY_DIR "/libexec/kubediag")
      .Policy(kPolicyAllowSourceCidr, "127.0.0.0/8")
      .Policy(kPolicyAllowSourceCidr, "::1/128");
}

demo::Handler GoProfilerTest::Recording() {
  return [this](const demo::Request& request, demo::Connection& connection) {
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
    }
    demo::Request served = request;
    if (!served_instead_.empty()) served.target = served_instead_;
    return api_server_->Handle(served, connection);
  };
}

void GoProfilerTest::Ask(const std::string& type, const std::string& path) {
  host_.Parameter(kTypeKey, type)
      .Parameter(kSourceKey, server_->url() + path)
      .Parameter(kSecretNamespaceKey, "kubediag")
      .Parameter(kSecretNameKey, "apiserver-profiler-sa-token")
      .Parameter("diagnosis.namespace", "default")
      .Parameter("diagnosis.name", "go-profiler")
      .Parameter("node", "host-1")
      .Secret(kSecretNameKey, kTokenDataKey, kToken)
      .Secret(kSecretNameKey, kCaDataKey, certificates_.ca_pem);
}

FakeRun GoProfilerTest::RunToPage() {
  host_.Start(kOperationName);
  host_.WaitUntilServing();
  return host_.Finish();
}

std::vector<demo::Request> GoProfilerTest::Seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<std::string> GoProfilerTest::Files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(host_.artifact_path())) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

std::string Get(const std::string& url) {
  const std::string rest = url.substr(std::string("http://127.0.0.1:").size());
  const size_t slash = rest.find('/');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(rest.substr(0, slash))));
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "";
  const std::string request = "GET " + rest.substr(slash) +
                              " HTTP/1.1\r\nHost: 127.0.0.1:" + rest.substr(0, slash) +
                              "\r\nConnection: close\r\n\r\n";
  if (!WriteAll(fd.get(), request).ok()) return "";
  const auto answer = ReadAll(fd.get(), "answer", 64 << 20);
  return answer.ok() ? *answer : "";
}

}  // namespace kubediag::go_profiler
