#include "engine/kube/cpprest_transport.h"

#include <cpprest/http_client.h>
#include <netdb.h>
#include <openssl/err.h>
#include <pplx/threadpool.h>

#include <cstdlib>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "engine/core/limits.h"
#include "engine/kube/api_error.h"
#include "engine/kube/cpprest_exchange.h"
#include "engine/kube/tls_trust.h"

namespace kubediag::kube {
namespace {

using kubeconfig::ClusterConfig;
using kubeconfig::Credential;
using web::http::client::http_client;
using web::http::client::http_client_config;

// Of the library's own timer, which restarts with each step and is of no use: ours hold.
constexpr std::chrono::hours kLibraryTimeout{24};

bool IsHttps(const std::string& url) { return url.rfind("https://", 0) == 0; }

// An address in brackets, which the library hands to the resolver, brackets and all.
bool IsIpv6Literal(const std::string& url) { return url.find("://[") != std::string::npos; }

// The library gives whatever keeps it from connecting the number of one errno, and the resolver's
// own numbers as if they were such: neither may be told as one.
std::string ConnectionFailure(std::string why, int error) {
  if (why.find("Failed to connect") != std::string::npos) {
    return "no connection could be made: nothing listens there, or nothing gets there";
  }
  if (why.find("resolving address") != std::string::npos) {
    return error == TRY_AGAIN ? "the name server does not answer" : "there is no host of this name";
  }
  if (error != 0) why += " (" + std::generic_category().message(error) + ")";
  return why;
}

bool HasControl(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

// In a Pod the server is given by address; this name leads to the same one and is in the server's
// certificate, too.
std::string WithServiceName(const std::string& url) {
  const size_t begin = url.find("://[") + 3;
  const size_t end = url.find(']', begin);
  if (end == std::string::npos) return url;
  return url.substr(0, begin) + "kubernetes.default.svc" + url.substr(end + 1);
}

Result<std::optional<web::web_proxy>> ProxyOf(const std::string& text) {
  if (text.empty()) return std::optional<web::web_proxy>();
  try {
    const web::uri url(text);
    if (url.scheme() != "http") {
      return Status::InvalidArgument("proxy-url: only http proxies can be used, not " +
                                     url.scheme());
    }
    web::uri_builder bare(url);
    bare.set_user_info("");
    web::web_proxy proxy(bare.to_uri());
    const std::string& user = url.user_info();
    if (!user.empty()) {
      const size_t colon = user.find(':');
      const std::string password = colon == std::string::npos ? "" : user.substr(colon + 1);
      proxy.set_credentials({web::uri::decode(user.substr(0, colon)), web::uri::decode(password)});
    }
    return std::optional(proxy);
  } catch (const std::exception&) {
    // What the library says repeats the text, and with it the password.
    return Status::InvalidArgument("proxy-url: no URL");
  }
}

void AddImpersonation(const kubeconfig::Impersonation& who, web::http::http_headers& headers) {
  const auto add = [&headers](const std::string& name, const std::vector<std::string>& values) {
    // The library has one line a name. A server takes "a, b" for one value, so that further values
    // get lines of their own within the first; none of them holds a control character.
    std::string lines;
    for (const std::string& value : values) {
      if (!lines.empty()) lines.append("\r\n").append(name).append(": ");
      lines += value;
    }
    if (!lines.empty()) headers[name] = lines;
  };
  if (!who.user.empty()) add("Impersonate-User", {who.user});
  if (!who.uid.empty()) add("Impersonate-Uid", {who.uid});
  add("Impersonate-Group", who.groups);
  for (const auto& [key, values] : who.extra) add("Impersonate-Extra-" + key, values);
}

bool HasControl(const Credential& credential) {
  const kubeconfig::Impersonation& who = credential.impersonation;
  bool found = HasControl(credential.token) || HasControl(who.user) || HasControl(who.uid);
  for (const std::string& group : who.groups) found |= HasControl(group);
  for (const auto& [key, values] : who.extra) {
    found |= HasControl(key);
    for (const std::string& value : values) found |= HasControl(value);
  }
  return found;
}

// A plugin that is not there, or prints what cannot be read, says nothing about the object that is
// asked for: to be told apart from a server that has none of that name, or takes none.
Status NoCredential(const Status& failure) {
  const bool misleads =
      failure.code() == StatusCode::kNotFound || failure.code() == StatusCode::kInvalidArgument;
  if (!misleads) return failure;
  return Status(StatusCode::kPermissionDenied, kReasonUnauthorized, failure.message());
}

class CpprestTransport : public Transport {
 public:
  CpprestTransport(ClusterConfig config, std::optional<web::web_proxy> proxy,
                   TransportOptions options)
      : config_(std::move(config)), proxy_(std::move(proxy)), options_(std::move(options)) {
    if (options_.max_body_bytes == 0) options_.max_body_bytes = kMaxApiResponseBytes;
  }

  // Reads the certificates for the first time.
  Status Initialize() {
    auto authority = kubeconfig::ReadCertificateAuthority(config_);
    KUBEDIAG_RETURN_IF_ERROR(authority.status());
    const std::lock_guard lock(mutex_);
    authority_ = *std::move(authority);
    authority_read_ = Deadline::Clock::now();
    return TlsTrust::Make(authority_, "", "").status().Annotate(config_.description);
  }

  Result<Response> Send(const Request& request, Deadline deadline,
                        const std::stop_token& stop) override {
    return Ask(request, {.deadline = deadline}, {}, stop);
  }

  Result<Response> Stream(const Request& request, std::chrono::seconds idle,
                          const OnBytes& on_bytes, const std::stop_token& stop) override {
    return Ask(request, {.start = options_.stream_start_timeout, .idle = idle}, on_bytes, stop);
  }

 private:
  // All that a connection is made from.
  struct Door {
    std::string authority;
    std::string certificate;
    std::string key;
    std::shared_ptr<const TlsTrust> trust;
    std::shared_ptr<http_client> client;
  };

  Result<Response> Ask(const Request& request, CpprestExchange::Bounds bounds,
                       const OnBytes& on_bytes, const std::stop_token& stop) {
    bounds.max_body = options_.max_body_bytes;
    if (request.max_answer_bytes > 0) {
      bounds.max_body = std::min(bounds.max_body, request.max_answer_bytes);
    }
    auto credential = GetCredential();
    KUBEDIAG_RETURN_IF_ERROR(credential.status());
    auto answer = AskAs(*credential, request, bounds, on_bytes, stop);
    if (!answer.ok() || answer->status != 401 || *credential == Credential{}) return answer;
    config_.credentials->Invalidate(*credential);
    auto renewed = GetCredential();
    if (!renewed.ok() || *renewed == *credential) return answer;
    return AskAs(*renewed, request, bounds, on_bytes, stop);
  }

  Result<Credential> GetCredential() {
    auto credential = config_.credentials->Get();
    if (!credential.ok()) return NoCredential(credential.status().Annotate(config_.description));
    if (*credential == Credential{}) return credential;
    if (!IsHttps(config_.server)) {
      return Status::PermissionDenied(config_.server +
                                      ": credentials are not sent over http, use https");
    }
    if (HasControl(*credential)) {
      return Status::PermissionDenied(config_.description +
                                      ": the credentials hold a control character");
    }
    return credential;
  }

  Result<Response> AskAs(const Credential& credential, const Request& request,
                         const CpprestExchange::Bounds& bounds, const OnBytes& on_bytes,
                         const std::stop_token& stop) {
    auto door = DoorFor(credential);
    KUBEDIAG_RETURN_IF_ERROR(door.status());
    auto message = MessageOf(request, credential);
    KUBEDIAG_RETURN_IF_ERROR(message.status());
    // A stream keeps its connection for minutes, and the pool need not learn of it.
    std::shared_ptr<http_client> client = door->client;
    if (on_bytes) client = MakeClient(door->trust);
    CpprestExchange::Outcome outcome =
        CpprestExchange::Run(client, *message, bounds, on_bytes, stop);
    if (!outcome.failed) return std::move(outcome.response);
    // A stream that its reader has ended says nothing about the pool.
    const StatusCode code = outcome.response.status().code();
    const bool server_failed =
        code == StatusCode::kUnavailable || code == StatusCode::kDeadlineExceeded;
    if (!on_bytes || server_failed) Discard(*door);
    return Explain(outcome, *door->trust);
  }

  Result<web::http::http_request> MessageOf(const Request& request, const Credential& credential) {
    try {
      web::http::http_request message(request.method);
      message.set_request_uri(web::uri(request.target));
      web::http::http_headers& headers = message.headers();
      headers.add("Accept", "application/json");
      headers.add("User-Agent", options_.user_agent);
      // The name is checked against this header where there is one.
      if (!config_.tls_server_name.empty()) headers.add("Host", config_.tls_server_name);
      if (!credential.token.empty()) headers.add("Authorization", "Bearer " + credential.token);
      AddImpersonation(credential.impersonation, headers);
      if (!request.body.empty()) message.set_body(request.body, request.content_type);
      return message;
    } catch (const std::exception& error) {
      return Status::InvalidArgument("request " + request.target + ": " + error.what());
    }
  }

  Result<Door> DoorFor(const Credential& credential) {
    const std::lock_guard lock(mutex_);
    ReadAuthority();
    if (door_.client != nullptr && door_.authority == authority_ &&
        door_.certificate == credential.client_certificate && door_.key == credential.client_key) {
      return door_;
    }
    auto trust = TlsTrust::Make(authority_, credential.client_certificate, credential.client_key);
    if (!trust.ok()) return trust.status().Annotate(config_.description);
    door_ = {authority_, credential.client_certificate, credential.client_key, *trust,
             MakeClient(*trust)};
    return door_;
  }

  // With the lock held. A file caught half-written does not replace what worked so far.
  void ReadAuthority() {
    if (config_.certificate_authority_file.empty()) return;
    const auto now = Deadline::Clock::now();
    if (now - authority_read_ < kApiAuthorityInterval) return;
    authority_read_ = now;
    auto authority = kubeconfig::ReadCertificateAuthority(config_);
    if (!authority.ok() || *authority == authority_) return;
    if (TlsTrust::Make(*authority, "", "").ok()) authority_ = *std::move(authority);
  }

  std::shared_ptr<http_client> MakeClient(const std::shared_ptr<const TlsTrust>& trust) const {
    http_client_config config;
    config.set_timeout(kLibraryTimeout);
    config.set_max_redirects(0);
    config.set_request_compressed_response(false);
    config.set_validate_certificates(!config_.insecure_skip_tls_verify);
    if (proxy_) config.set_proxy(*proxy_);
    // The trust outlives each connection: the client holds the configuration, the connections end
    // before their client does.
    config.set_ssl_context_callback([trust](boost::asio::ssl::context& context) {
      if (!trust->Apply(context.native_handle())) {
        throw std::runtime_error("the TLS settings were refused");
      }
    });
    return std::make_shared<http_client>(config_.server, config);
  }

  // The next request makes a new pool and looks at the CA again, which may be why this one failed.
  void Discard(const Door& door) {
    const std::lock_guard lock(mutex_);
    if (door_.client == door.client) door_ = {};
    authority_read_ = {};
  }

  Status Explain(const CpprestExchange::Outcome& outcome, const TlsTrust& trust) const {
    const Status status = outcome.response.status();
    if (status.code() != StatusCode::kUnavailable) return status.Annotate(config_.server);
    std::string why = status.message();
    const bool tls = why.find("SSL handshake") != std::string::npos;
    if (tls) {
      const std::string refusal = trust.Refusal();
      const char* const reason = ERR_reason_error_string(static_cast<unsigned long>(outcome.error));
      why = "TLS: ";
      why += reason == nullptr ? std::generic_category().message(outcome.error) : reason;
      if (!refusal.empty()) why += " (" + refusal + ")";
    } else {
      why = ConnectionFailure(std::move(why), outcome.error);
    }
    return Status(StatusCode::kUnavailable, tls ? "TlsRefused" : "Unavailable",
                  config_.server + ": " + why);
  }

  const ClusterConfig config_;
  const std::optional<web::web_proxy> proxy_;
  TransportOptions options_;
  std::mutex mutex_;
  std::string authority_;
  Deadline::Clock::time_point authority_read_;
  Door door_;
};

}  // namespace

void InitializeHttpLibrary() {
  setenv("SSL_CERT_FILE", "/dev/null", 1);
  setenv("SSL_CERT_DIR", "/nonexistent", 1);
  try {
    crossplat::threadpool::initialize_with_threads(kApiHttpThreads);
  } catch (const std::exception&) {
    // It has been initialised already; the number of threads is all that this would have changed.
  }
}

Result<std::unique_ptr<Transport>> MakeTransport(ClusterConfig config, TransportOptions options) {
  if (IsIpv6Literal(config.server)) {
    if (config.description != "in-cluster") {
      return Status::InvalidArgument(config.server +
                                     ": a server given by its IPv6 address cannot be dialled; use "
                                     "a name that leads to it (and tls-server-name)");
    }
    config.server = WithServiceName(config.server);
  }
  if (config.credentials == nullptr) return Status::InvalidArgument("no credentials are set");
  if (HasControl(config.tls_server_name) || HasControl(options.user_agent)) {
    return Status::InvalidArgument("tls-server-name: control character");
  }
  auto proxy = ProxyOf(config.proxy_url);
  KUBEDIAG_RETURN_IF_ERROR(proxy.status());
  try {
    auto transport =
        std::make_unique<CpprestTransport>(std::move(config), *proxy, std::move(options));
    KUBEDIAG_RETURN_IF_ERROR(transport->Initialize());
    return std::unique_ptr<Transport>(std::move(transport));
  } catch (const std::exception& error) {
    return Status::InvalidArgument(std::string("server: ") + error.what());
  }
}

}  // namespace kubediag::kube
