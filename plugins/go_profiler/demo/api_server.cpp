#include "plugins/go_profiler/demo/api_server.h"

#include <openssl/crypto.h>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "plugins/go_profiler/demo/faults.h"

namespace kubediag::demo {
namespace {

constexpr size_t kMaxRecordingBytes = 16 * kMiB;
constexpr std::string_view kPrefix = "/debug/pprof/";
constexpr std::string_view kFaultPrefix = "/fault/";

struct Recording {
  const char* profile;
  const char* file;
};

constexpr Recording kRecordings[] = {
    {"heap", "heap.pb.gz"},
    {"profile", "cpu.pb.gz"},
    {"goroutine", "goroutine.pb.gz"},
    {"allocs", "allocs.pb.gz"},
    {"block", "block.pb.gz"},
    {"mutex", "block.pb.gz"},
    {"threadcreate", "threadcreate.pb.gz"},
};

// What a real API server says; clients show it to people.
Response Refusal(int status, const char* reason, const char* message) {
  return {
      .status = status,
      .content_type = "application/json",
      .body = std::string(R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")") +
              message + R"(","reason":")" + reason + R"(","code":)" + std::to_string(status) +
              "}\n"};
}

bool HasToken(const Request& request, const std::string& token) {
  const std::string expected = "Bearer " + token;
  const std::string_view given = request.Header("authorization");
  return given.size() == expected.size() &&
         CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

}  // namespace

Result<ApiServer> ApiServer::Load(const Options& options) {
  ApiServer server;
  server.options_ = options;
  for (const Recording& recording : kRecordings) {
    const std::string path = options.recordings + "/" + recording.file;
    KUBEDIAG_ASSIGN_OR_RETURN(server.profiles_[std::string(kPrefix) + recording.profile],
                              ReadFile(path, kMaxRecordingBytes));
  }
  return server;
}

std::vector<std::string_view> ApiServer::FaultNames() { return demo::FaultNames(); }

Response ApiServer::Answer(const Request& request, std::string_view path) const {
  if (!options_.token.empty() && !HasToken(request, options_.token)) {
    return Refusal(401, "Unauthorized", "Unauthorized");
  }
  if (request.method != "GET") return Refusal(403, "Forbidden", "only GET is allowed");
  const auto profile = profiles_.find(path.substr(0, path.find('?')));
  if (profile == profiles_.end()) {
    return {.status = 404, .body = "404 page not found\n"};
  }
  return {.content_type = "application/octet-stream", .body = profile->second};
}

bool ApiServer::Handle(const Request& request, Connection& connection) const {
  std::string_view target = request.target;
  if (!target.starts_with(kFaultPrefix))
    return connection.Write(Serialize(Answer(request, target)));
  target.remove_prefix(kFaultPrefix.size());
  const size_t slash = target.find('/');
  const std::string_view path = slash == std::string_view::npos ? "/" : target.substr(slash);
  return Misbehave(target.substr(0, slash), Answer(request, path), options_.redirect_to,
                   connection);
}

}  // namespace kubediag::demo
