#include "plugins/fetch/source_url.h"

#include <curl/curl.h>

#include <charconv>
#include <memory>
#include <optional>

#include "plugins/fetch/limits.h"
#include "plugins/fetch/reason.h"

namespace kubediag::fetch {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

Status Invalid(std::string why) { return FetchError(Reason::kInvalidSource, std::move(why)); }

std::optional<std::string> Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

Status CheckBytes(std::string_view url) {
  if (url.empty()) return Invalid("the URL is empty");
  if (url.size() > kMaxUrlBytes) {
    return Invalid("the URL is longer than " + std::to_string(kMaxUrlBytes) + " bytes");
  }
  for (const char c : url) {
    // A backslash is a slash to some readers and part of the user name to others.
    if (c <= 0x20 || c >= 0x7f || c == '\\') {
      return Invalid(
          "the URL holds a blank, a control character, a backslash or a byte beyond ASCII");
    }
  }
  return Status::Ok();
}

}  // namespace

Result<SourceUrl> CheckUrl(std::string_view text) {
  KUBEDIAG_RETURN_IF_ERROR(CheckBytes(text));
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return Invalid("the URL has no scheme: write http://… or https://…");
  }
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  // Unknown schemes pass here, so that they are named below.
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return Invalid(std::string("malformed URL: ") + curl_url_strerror(code));

  SourceUrl source;
  const std::string scheme = Part(url.get(), CURLUPART_SCHEME).value_or("");
  if (scheme != "http" && scheme != "https") {
    return Invalid("the scheme is \"" + Printable(scheme, 32) + "\", not http or https");
  }
  source.https = scheme == "https";
  // An '@' before the path is user information even where both its parts are empty.
  const std::string_view rest = text.substr(scheme_end + 3);
  if (rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string_view::npos) {
    return Invalid("the URL holds user information (name@host)");
  }
  if (text.find('#') != std::string_view::npos) return Invalid("the URL has a fragment (#…)");
  if (Part(url.get(), CURLUPART_ZONEID)) return Invalid("the URL has an IPv6 zone");
  source.host = Part(url.get(), CURLUPART_HOST).value_or("");
  if (source.host.size() > 2 && source.host.front() == '[') {
    source.host = source.host.substr(1, source.host.size() - 2);
  }
  if (source.host.empty()) return Invalid("the URL has no host");
  const std::string port = Part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("");
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), source.port);
  if (error != std::errc() || end != port.data() + port.size() || source.port == 0) {
    return Invalid("the port is not a number from 1 to 65535");
  }
  return source;
}

}  // namespace kubediag::fetch
