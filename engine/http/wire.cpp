#include "engine/http/wire.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace kubediag::http {
namespace {

bool IsFieldText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string HttpDate(std::time_t now) {
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  const size_t size = strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), size};
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr std::array<Phrase, 22> kPhrases{{{100, "Continue"},
                                                    {200, "OK"},
                                                    {204, "No Content"},
                                                    {206, "Partial Content"},
                                                    {301, "Moved Permanently"},
                                                    {302, "Found"},
                                                    {304, "Not Modified"},
                                                    {307, "Temporary Redirect"},
                                                    {308, "Permanent Redirect"},
                                                    {400, "Bad Request"},
                                                    {403, "Forbidden"},
                                                    {404, "Not Found"},
                                                    {405, "Method Not Allowed"},
                                                    {408, "Request Timeout"},
                                                    {410, "Gone"},
                                                    {413, "Content Too Large"},
                                                    {421, "Misdirected Request"},
                                                    {429, "Too Many Requests"},
                                                    {431, "Request Header Fields Too Large"},
                                                    {500, "Internal Server Error"},
                                                    {503, "Service Unavailable"},
                                                    {505, "HTTP Version Not Supported"}}};
  const auto* found = std::find_if(kPhrases.begin(), kPhrases.end(),
                                   [&](const Phrase& phrase) { return phrase.status == status; });
  return found == kPhrases.end() ? "Status" : found->text;
}

std::string SerialiseHead(Response& response, bool keep_alive) {
  const bool sound =
      response.status >= 200 && response.status <= 599 &&
      std::all_of(response.headers.begin(), response.headers.end(), [](const Header& header) {
        return IsToken(header.name) && IsFieldText(header.value);
      });
  if (!sound) response = Response::Text(500, "the handler gave a header that cannot be sent\n");

  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += ReasonPhrase(response.status);
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append("\r\n").append(name).append(": ").append(value);
  };
  add("Date", HttpDate(std::time(nullptr)));
  for (const Header& header : response.headers) add(header.name, header.value);
  add("X-Content-Type-Options", "nosniff");
  // A 304 tells about the body that would have been sent; a 204 has none.
  if (response.status != 204 && response.status != 304) {
    add("Content-Length", std::to_string(response.body.size()));
  }
  add("Connection", keep_alive ? "keep-alive" : "close");
  head += "\r\n\r\n";
  return head;
}

}  // namespace kubediag::http
