#include "plugins/fetch/verdict.h"

#include <curl/curl.h>

#include "plugins/fetch/limits.h"
#include "plugins/fetch/reason.h"

namespace kubediag::fetch {
namespace {

constexpr size_t kMaxDetailBytes = 300;

std::string Said(const TransferEnd& end) {
  std::string said = Printable(end.detail, kMaxDetailBytes);
  if (said.empty()) said = curl_easy_strerror(static_cast<CURLcode>(end.curl_code));
  // A sentence of libcurl's becomes a phrase of ours; abbreviations stay.
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (said.size() > 1 && is_upper(said[0]) && !is_upper(said[1])) {
    said[0] = static_cast<char>(said[0] + 32);
  }
  return said;
}

}  // namespace

Status JudgeTransfer(const TransferEnd& end) {
  // libcurl has several codes for a chain that OpenSSL refused: a CA of the same name with another
  // key, which every rebuilt cluster has, is a plain handshake failure to it.
  if (!end.certificate_error.empty()) {
    return FetchError(Reason::kTlsUntrusted,
                      "the certificate is not trusted: " + end.certificate_error);
  }
  switch (end.curl_code) {
    case CURLE_OK:
      return Status::Ok();
    case CURLE_URL_MALFORMAT:
      return FetchError(Reason::kInvalidSource, Said(end));
    case CURLE_COULDNT_RESOLVE_HOST:
      return FetchError(Reason::kDnsFailed, Said(end));
    case CURLE_COULDNT_CONNECT:
      if (!end.denial.empty() && !end.address_tried) {
        return FetchError(Reason::kSourceDenied,
                          end.denial + "; it is denied unless --allow-source-cidr names it");
      }
      return FetchError(Reason::kConnectFailed, Said(end));
    case CURLE_PEER_FAILED_VERIFICATION:
      return FetchError(Reason::kTlsNameMismatch,
                        "the certificate is for another name: " + Said(end));
    case CURLE_SSL_CACERT_BADFILE:
      return FetchError(Reason::kTlsUntrusted, "the CA certificate cannot be used: " + Said(end));
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
      return FetchError(Reason::kTlsFailed, "no TLS connection: " + Said(end));
    case CURLE_OPERATION_TIMEDOUT:
      return FetchError(Reason::kTimeout, Said(end));
    case CURLE_FILESIZE_EXCEEDED:
      return FetchError(Reason::kTooLarge, "the server announces a body beyond the cap");
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return FetchError(Reason::kTruncated,
                        std::string("the connection ended ") +
                            (end.response_started ? "within the answer: " : "before an answer: ") +
                            Said(end));
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return FetchError(Reason::kFetchUnavailable, Said(end));
    default:
      return FetchError(Reason::kHttpError, "no usable HTTP answer: " + Said(end));
  }
}

Status JudgeHttpStatus(const HttpEnd& end) {
  if (end.status == 200) return Status::Ok();
  std::string answered = "the server answered " + std::to_string(end.status);
  if (end.status >= 300 && end.status < 400) {
    if (!end.location.empty()) answered += " towards " + std::string(end.location);
    return FetchError(Reason::kRedirectRefused, answered + "; redirects are not followed");
  }
  if (const std::string words = Printable(end.snippet, kMaxSnippetBytes); !words.empty()) {
    answered += ": " + words;
  }
  switch (end.status) {
    case 401:
      return FetchError(Reason::kUnauthorized, std::move(answered));
    case 403:
      return FetchError(Reason::kForbidden, std::move(answered));
    case 404:
      return FetchError(Reason::kNotFound, std::move(answered));
    case 429:
      if (!end.retry_after.empty()) answered += "; retry after " + std::string(end.retry_after);
      return FetchError(Reason::kTooManyRequests, std::move(answered));
    default:
      return FetchError(
          end.status >= 500 && end.status < 600 ? Reason::kServerError : Reason::kHttpError,
          std::move(answered));
  }
}

}  // namespace kubediag::fetch
