#include "test/plugins/fetch/fixture.h"

namespace kubediag::fetch {

std::string LibexecDirectory() { return KUBEDIAG_BINARY_DIR "/libexec/kubediag"; }
std::string RecordingsDirectory() {
  return KUBEDIAG_SOURCE_DIR "/plugins/go_profiler/demo/recordings";
}

FetchTest::FetchTest()
    : certificates_(demo::MakeCertificates({.names = {"127.0.0.1", "::1", "localhost"}}).value()),
      api_server_(std::make_unique<demo::ApiServer>(
          demo::ApiServer::Load(
              {.recordings = RecordingsDirectory(), .token = kToken, .redirect_to = ""})
              .value())) {}

demo::Handler FetchTest::Recording() {
  return [this](const demo::Request& request, demo::Connection& connection) {
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
    }
    return api_server_->Handle(request, connection);
  };
}

std::unique_ptr<demo::Server> FetchTest::StartApiServer(const std::string& address) {
  return demo::Server::Start({.address = address,
                              .certificate_pem = certificates_.certificate_pem,
                              .key_pem = certificates_.key_pem},
                             Recording())
      .value();
}

std::unique_ptr<demo::Server> FetchTest::StartPlain() {
  return demo::Server::Start({}, Recording()).value();
}

std::vector<demo::Request> FetchTest::Seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

Request FetchTest::Good(const std::string& url) const {
  Request request;
  request.url = url;
  request.ca_pem = certificates_.ca_pem;
  request.bearer_token = kToken;
  request.allowed_cidrs = {"127.0.0.0/8", "::1/128"};
  request.max_body_bytes = 1 << 20;
  return request;
}

Result<FetchedBody> FetchTest::Ask(const Request& request) const {
  const std::string libexec = LibexecDirectory();
  return FetchToMemory(request, {.libexec_directory = libexec});
}

}  // namespace kubediag::fetch
