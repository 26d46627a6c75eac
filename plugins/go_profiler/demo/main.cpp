// kubediag-demo-apiserver: stands in for a kube-apiserver that is being profiled, from recordings
// of a real one, over TLS and with a bearer token. For demonstrations and tests; never installed.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "plugins/go_profiler/demo/api_server.h"
#include "plugins/go_profiler/demo/certificate.h"
#include "plugins/go_profiler/demo/manifests.h"

namespace kubediag::demo {
namespace {

struct Arguments {
  std::string credentials;
  std::string recordings;
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  std::string token_file;
  std::string certificate_file;
  std::string key_file;
  std::string ca_file;
  std::vector<std::string> certificate_names;
  std::string redirect_to = "https://127.0.0.1:1/";
};

constexpr size_t kMaxInputBytes = kMiB;

Result<Certificates> CertificatesFor(const Arguments& arguments) {
  if (arguments.certificate_file.empty()) {
    std::vector<std::string> names = arguments.certificate_names;
    if (names.empty()) names = {"127.0.0.1", "::1", "localhost", arguments.address};
    return MakeCertificates({.names = names});
  }
  Certificates given;
  KUBEDIAG_ASSIGN_OR_RETURN(given.ca_pem, ReadFile(arguments.ca_file, kMaxInputBytes));
  KUBEDIAG_ASSIGN_OR_RETURN(given.certificate_pem,
                            ReadFile(arguments.certificate_file, kMaxInputBytes));
  KUBEDIAG_ASSIGN_OR_RETURN(given.key_pem, ReadFile(arguments.key_file, kMaxInputBytes));
  return given;
}

Result<std::string> TokenFor(const Arguments& arguments) {
  if (arguments.token_file.empty()) return RandomHex(32);
  KUBEDIAG_ASSIGN_OR_RETURN(std::string token, ReadFile(arguments.token_file, kMaxInputBytes));
  while (!token.empty() && token.back() == '\n') token.pop_back();
  if (token.empty()) return Status::InvalidArgument(arguments.token_file + " is empty");
  return token;
}

Status Run(const Arguments& arguments) {
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string token, TokenFor(arguments));
  KUBEDIAG_ASSIGN_OR_RETURN(const Certificates certificates, CertificatesFor(arguments));
  KUBEDIAG_ASSIGN_OR_RETURN(const ApiServer api_server,
                            ApiServer::Load({.recordings = arguments.recordings,
                                             .token = token,
                                             .redirect_to = arguments.redirect_to}));
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  sigprocmask(SIG_BLOCK, &ending, nullptr);  // before threads start, so that all of them block it

  KUBEDIAG_ASSIGN_OR_RETURN(const auto server,
                            Server::Start({.address = arguments.address,
                                           .port = arguments.port,
                                           .certificate_pem = certificates.certificate_pem,
                                           .key_pem = certificates.key_pem},
                                          std::bind_front(&ApiServer::Handle, &api_server)));
  if (!arguments.credentials.empty()) {
    KUBEDIAG_RETURN_IF_ERROR(
        WriteCredentials(arguments.credentials, {.token = token, .ca_pem = certificates.ca_pem}));
  }
  std::printf("%s\n", server->url().c_str());
  std::fflush(stdout);
  int received = 0;
  sigwait(&ending, &received);
  return Status::Ok();
}

}  // namespace
}  // namespace kubediag::demo

int main(int argc, char** argv) {
  try {
    kubediag::demo::Arguments arguments;
    CLI::App app("Plays the profiling side of a kube-apiserver; prints its URL once it is ready.");
    app.add_option("--recordings", arguments.recordings, "Folder with heap.pb.gz, cpu.pb.gz …")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("--credentials", arguments.credentials,
                   "Folder to write the Secret manifest, token and ca.crt into");
    app.add_option("--address", arguments.address, "Address to listen on")->capture_default_str();
    app.add_option("--port", arguments.port, "Port, 0 for any")->capture_default_str();
    app.add_option("--token-file", arguments.token_file, "Use this token, not a random one")
        ->check(CLI::ExistingFile);
    auto* certificate = app.add_option("--certificate", arguments.certificate_file,
                                       "Use this certificate (PEM), not one made at start");
    auto* key = app.add_option("--key", arguments.key_file, "Its key (PEM)");
    auto* ca = app.add_option("--ca", arguments.ca_file, "Its CA (PEM)");
    certificate->needs(key)->needs(ca);
    app.add_option("--certificate-name", arguments.certificate_names,
                   "Name or address the certificate is for; another one than --address to show a "
                   "mismatch");
    app.add_option("--redirect-to", arguments.redirect_to, "Where /fault/redirect/ leads");
    CLI11_PARSE(app, argc, argv);
    const kubediag::Status status = kubediag::demo::Run(arguments);
    if (status.ok()) return 0;
    std::fprintf(stderr, "kubediag-demo-apiserver: %s\n", status.message().c_str());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kubediag-demo-apiserver: %s\n", error.what());
    return 1;
  }
}
