#include "plugins/fetch/transfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "plugins/fetch/address_rules.h"
#include "plugins/fetch/response_sink.h"
#include "plugins/fetch/source_url.h"
#include "plugins/fetch/verdict.h"

namespace kubediag::fetch {
namespace {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

// What libcurl's callbacks share.
struct Conversation {
  const AddressRules& rules;
  ResponseSink sink;
  std::string denial = {};
  bool address_tried = false;
  std::string certificate_error = {};
};

// Changes nothing about the check; keeps what OpenSSL says of the first certificate it refuses.
int NoteVerification(int good, X509_STORE_CTX* store) {
  if (good == 1) return good;
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* conversation = static_cast<Conversation*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (conversation->certificate_error.empty()) {
    conversation->certificate_error =
        X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
  }
  return good;
}

CURLcode WatchVerification(CURL*, void* ssl_context, void* conversation) {
  auto* context = static_cast<SSL_CTX*>(ssl_context);
  SSL_CTX_set_app_data(context, conversation);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NoteVerification);
  return CURLE_OK;
}

curl_socket_t OpenSocket(void* context, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& conversation = *static_cast<Conversation*>(context);
  const auto target = AddressOf(address->addr);
  const auto denial = target ? conversation.rules.Denial(*target)
                             : std::optional<std::string>("the address is not an IP address");
  if (denial) {
    if (conversation.denial.empty()) conversation.denial = *denial;
    return CURL_SOCKET_BAD;
  }
  conversation.address_tried = true;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t WriteBody(char* data, size_t size, size_t count, void* context) {
  const bool go_on =
      static_cast<Conversation*>(context)->sink.TakeBody(std::string_view(data, size * count));
  return go_on ? size * count : CURL_WRITEFUNC_ERROR;
}

size_t WriteHeader(char* data, size_t size, size_t count, void* context) {
  const bool go_on =
      static_cast<Conversation*>(context)->sink.TakeHeader(std::string_view(data, size * count));
  return go_on ? size * count : CURL_WRITEFUNC_ERROR;
}

void Append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

bool IsHeaderText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Status CheckCredentials(const Request& request, const SourceUrl& source) {
  if (!request.bearer_token.empty()) {
    if (!source.https) {
      return FetchError(Reason::kInvalidSource, "a bearer token is only ever sent over https");
    }
    if (request.trust != Trust::kGivenCa) {
      return FetchError(Reason::kInvalidSource,
                        "a bearer token is only ever sent to a server its own CA vouches for");
    }
    const bool blank = request.bearer_token.find(' ') != std::string::npos;
    if (blank || !IsHeaderText(request.bearer_token)) {
      return FetchError(Reason::kUnauthorized, "the token holds blanks or control characters");
    }
  }
  if (!source.https) return Status::Ok();
  if (request.trust == Trust::kGivenCa && request.ca_pem.empty()) {
    return FetchError(Reason::kTlsUntrusted, "https needs the CA certificate that vouches for it");
  }
  if (request.trust == Trust::kSystem && !request.ca_pem.empty()) {
    return FetchError(Reason::kInvalidSource,
                      "a CA certificate and system trust exclude each other");
  }
  return Status::Ok();
}

List MakeHeaders(const Request& request) {
  List headers;
  Append(headers, "Accept: */*");
  Append(headers, "Accept-Encoding: identity");
  Append(headers, "Expect:");
  if (!request.bearer_token.empty()) {
    Append(headers, "Authorization: Bearer " + request.bearer_token);
  }
  if (request.method == Method::kPost) Append(headers, "Content-Type: " + request.content_type);
  return headers;
}

void SetUpTls(CURL* easy, const Request& request) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (request.trust == Trust::kSystem) return;
  // Both defaults of the distribution's libcurl point at the system's bundle.
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_blob ca{};
  ca.data = const_cast<char*>(request.ca_pem.data());
  ca.len = request.ca_pem.size();
  ca.flags = CURL_BLOB_COPY;
  curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
}

void SetUpLimits(CURL* easy, const Request& request) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
}

void SetUpHttp(CURL* easy, const Request& request, curl_slist* headers) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // also overrules the environment
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "kubediag-fetch");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  if (request.method == Method::kPost) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
}

std::string RemoteAddress(CURL* easy) {
  char* ip = nullptr;
  long port = 0;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
  if (ip == nullptr || *ip == '\0') return "";
  const std::string address(ip);
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace

Result<Response> Transfer(const Request& request, int output_fd) {
  KUBEDIAG_ASSIGN_OR_RETURN(const SourceUrl source, CheckUrl(request.url));
  KUBEDIAG_RETURN_IF_ERROR(CheckCredentials(request, source));
  if (!IsHeaderText(request.content_type)) {
    return FetchError(Reason::kInvalidSource, "the content type holds control characters");
  }
  auto rules = AddressRules::Build(request.allowed_cidrs);
  if (!rules.ok()) return FetchError(Reason::kInvalidSource, rules.status().message());

  const Easy easy(curl_easy_init());
  if (easy == nullptr) return FetchError(Reason::kFetchUnavailable, "libcurl could not start");
  Conversation conversation{.rules = *rules,
                            .sink = ResponseSink(output_fd, request.max_body_bytes)};
  const List headers = MakeHeaders(request);
  std::array<char, CURL_ERROR_SIZE> detail{};
  SetUpHttp(easy.get(), request, headers.get());
  SetUpTls(easy.get(), request);
  SetUpLimits(easy.get(), request);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(easy.get(), CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(easy.get(), CURLOPT_OPENSOCKETDATA, &conversation);
  curl_easy_setopt(easy.get(), CURLOPT_SSL_CTX_FUNCTION, WatchVerification);
  curl_easy_setopt(easy.get(), CURLOPT_SSL_CTX_DATA, &conversation);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, WriteBody);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &conversation);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, WriteHeader);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &conversation);

  TransferEnd end;
  end.curl_code = curl_easy_perform(easy.get());
  end.certificate_error = conversation.certificate_error;
  end.detail = detail.data();
  end.denial = conversation.denial;
  end.address_tried = conversation.address_tried;
  const ResponseSink& sink = conversation.sink;
  end.response_started = sink.http_status() != 0;

  if (sink.failure()) return *sink.failure();
  // A refusal needs no complete body: its status line says what there is to say.
  if (sink.headers_complete()) {
    KUBEDIAG_RETURN_IF_ERROR(JudgeHttpStatus({.status = sink.http_status(),
                                              .location = sink.location(),
                                              .retry_after = sink.retry_after(),
                                              .snippet = sink.snippet()}));
  }
  KUBEDIAG_RETURN_IF_ERROR(JudgeTransfer(end));
  return Response{.http_status = sink.http_status(),
                  .content_type = sink.content_type(),
                  .body_bytes = sink.body_bytes(),
                  .remote_address = RemoteAddress(easy.get())};
}

}  // namespace kubediag::fetch
