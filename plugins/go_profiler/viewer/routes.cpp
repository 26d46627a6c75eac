#include "plugins/go_profiler/viewer/routes.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "plugins/go_profiler/viewer/assets.h"
#include "plugins/go_profiler/viewer/encode.h"
#include "plugins/go_profiler/viewer/gzip.h"
#include "plugins/go_profiler/viewer/limits.h"

namespace kubediag::viewer {
namespace {

using http::Body;
using http::Method;
using http::Request;
using http::Response;

constexpr size_t kMaxInflatedAsset = size_t{4} << 20;

constexpr std::string_view kFrontPage =
    "This port serves one KubeDiag profile to those who have its link.\n"
    "The link is in the status of the Diagnosis: status.operationResults, or the output of\n"
    "\"kubediag run\". It ends when it says it will.\n";

// Takes equally long wherever the first difference is.
bool SameSecret(std::string_view given, std::string_view secret) {
  if (given.size() != secret.size() || secret.empty()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < secret.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(secret[i]);
  }
  return difference == 0;
}

bool AcceptsGzip(const Request& request) {
  return request.Find("Accept-Encoding").find("gzip") != std::string_view::npos;
}

void AddSecurityHeaders(Response& response) {
  const auto add = [&](const char* name, const char* value) {
    response.headers.push_back({name, value});
  };
  add("Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  add("Referrer-Policy", "no-referrer");  // the URL is the key
  add("X-Frame-Options", "DENY");
  add("X-Robots-Tag", "noindex, nofollow");
  add("Cross-Origin-Resource-Policy", "same-origin");
}

// A body that is kept compressed, for clients that take it so and for those that do not.
Response Compressed(const Request& request, std::string_view content_type, Body gzip,
                    std::string_view gzip_bytes, size_t max_inflated) {
  Response response;
  response.headers = {{"Content-Type", std::string(content_type)}, {"Vary", "Accept-Encoding"}};
  if (AcceptsGzip(request)) {
    response.headers.push_back({"Content-Encoding", "gzip"});
    response.body = std::move(gzip);
  } else {
    response.body = Body::Owned(Gunzip(gzip_bytes, max_inflated));
  }
  return response;
}

Response AssetResponse(const Asset& asset, const Request& request) {
  Response response;
  if (request.Find("If-None-Match") == asset.etag) {
    response.status = 304;
  } else {
    response = Compressed(request, asset.content_type, Body::Static(asset.gzip()), asset.gzip(),
                          kMaxInflatedAsset);
  }
  response.headers.push_back({"ETag", std::string(asset.etag)});
  response.headers.push_back({"Cache-Control", "private, no-cache"});
  return response;
}

Response ViewResponse(const std::shared_ptr<const View>& view, const Request& request,
                      std::string_view content_type) {
  const std::string_view bytes = view->bytes;
  const Body body = Body::Shared({view, &view->bytes});
  if (view->gzip) {
    // The size of what was compressed stands in the last four bytes.
    uint32_t size = 0;
    for (size_t i = 1; i <= 4; ++i) {
      size = (size << 8) | static_cast<unsigned char>(bytes[bytes.size() - i]);
    }
    return Compressed(request, content_type, body, bytes, size);
  }
  Response response;
  response.headers = {{"Content-Type", std::string(content_type)}};
  response.body = body;
  return response;
}

Response Refusal(const Status& status) {
  const int code = status.code() == StatusCode::kInvalidArgument ? 400
                   : status.code() == StatusCode::kNotFound      ? 404
                   : status.code() == StatusCode::kCancelled     ? 503
                                                                 : 500;
  return Response::Text(code, status.message() + "\n");
}

std::optional<uint32_t> ParseNumber(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "12.7.40": frame × 2 + inlined, from the root's child downwards.
std::optional<std::vector<report::FrameUse>> ParsePath(std::string_view text,
                                                       uint32_t frame_count) {
  std::vector<report::FrameUse> path;
  while (path.size() < kMaxFlamePath) {
    const size_t dot = std::min(text.find('.'), text.size());
    const std::optional<uint32_t> use = ParseNumber(text.substr(0, dot));
    if (!use || *use / 2 >= frame_count) return std::nullopt;
    path.push_back({*use});
    if (dot == text.size()) return path;
    text.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

// A file name that needs no quoting anywhere.
std::string SafeFileName(std::string_view name) {
  std::string safe;
  for (const char c : name.substr(0, 200)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    safe += plain ? c : '_';
  }
  return safe.empty() || safe.front() == '.' ? "profile.pb.gz" : safe;
}

}  // namespace

Routes::Routes(const ViewerOptions& options, std::shared_ptr<const profile::Profile> profile,
               std::shared_ptr<const UniqueFd> file, uint64_t file_size, Deadline expiry)
    : options_(options),
      hosts_(options.host_names),
      views_(std::move(profile)),
      file_(std::move(file)),
      file_size_(file_size),
      expiry_(expiry) {}

Response Routes::Handle(const Request& request, std::stop_token stop) {
  Response response;
  const std::string_view path = request.path;
  const size_t slash = std::min(path.find('/', 1), path.size());
  if (!hosts_.Admits(request.host)) {
    response = Response::Text(
        421, "this host name is not served here; use the address, or --viewer-host\n");
  } else if (path == "/") {
    response = Response::Text(200, std::string(kFrontPage));
  } else if (!SameSecret(path.substr(1, slash - 1), options_.capability)) {
    response = Response::Text(404, "not found\n");
  } else if (expiry_.Passed()) {
    response = Response::Text(410, "this page has expired\n");
  } else if (request.method == Method::kPost) {
    response = Response::Text(405, "GET and HEAD only\n");
    response.headers.push_back({"Allow", "GET, HEAD"});
  } else if (slash == path.size()) {
    response = Response::Text(308, "");
    response.headers.push_back({"Location", options_.capability + "/"});
  } else {
    response = HandleInside(path.substr(slash + 1), request, stop);
  }
  const auto caches = [](const http::Header& header) { return header.name == "Cache-Control"; };
  if (std::none_of(response.headers.begin(), response.headers.end(), caches)) {
    response.headers.push_back({"Cache-Control", "no-store"});
  }
  AddSecurityHeaders(response);
  return response;
}

Response Routes::HandleInside(std::string_view path, const Request& request,
                              const std::stop_token& stop) {
  for (const Asset& asset : Assets()) {
    if (path == asset.name) return AssetResponse(asset, request);
  }
  if (path == "profile.pb.gz") return Download();
  constexpr std::string_view kData = "data/";
  if (path.starts_with(kData)) {
    return HandleData(path.substr(kData.size()), request, stop);
  }
  return Response::Text(404, "not found\n");
}

Response Routes::HandleData(std::string_view name, const Request& request,
                            const std::stop_token& stop) {
  if (name == "meta") return Meta();
  if (name == "frames") return ViewResponse(views_.Frames(), request, "application/json");
  if (name != "flame" && name != "top") return Response::Text(404, "not found\n");
  const std::optional<uint32_t> type = ParseNumber(request.QueryValue("type").value_or(""));
  if (!type) return Response::Text(400, "type must be the position of a sample type\n");
  if (name == "top") {
    const auto view = views_.Top(*type, stop);
    return view.ok() ? ViewResponse(*view, request, "application/json") : Refusal(view.status());
  }
  const auto view = FlameView(*type, request, stop);
  return view.ok() ? ViewResponse(*view, request, "application/octet-stream")
                   : Refusal(view.status());
}

Result<std::shared_ptr<const View>> Routes::FlameView(uint32_t type, const Request& request,
                                                      const std::stop_token& stop) {
  const std::optional<std::string> text = request.QueryValue("path");
  if (!text) return views_.Flame(type, stop);
  auto path = ParsePath(*text, views_.frames().size());
  if (!path) return Status::InvalidArgument("path must be frames of the profile, outermost first");
  return views_.FlameBelow(type, *std::move(path), stop);
}

Response Routes::Meta() {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return Response::Json(
      EncodeMeta(views_.profile(), views_.frames(), options_, file_size_, now.count()));
}

Response Routes::Download() const {
  Response response;
  response.headers = {
      {"Content-Type", "application/octet-stream"},
      {"Content-Disposition", "attachment; filename=\"" + SafeFileName(options_.file_name) + "\""}};
  response.body = Body::File(file_, file_size_);
  return response;
}

}  // namespace kubediag::viewer
