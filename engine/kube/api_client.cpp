#include "engine/kube/api_client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/api/write.h"
#include "engine/kube/api_error.h"
#include "engine/kube/json_reading.h"
#include "engine/kube/server_status.h"

namespace kubediag::kube {
namespace {

constexpr char kJson[] = "application/json";
constexpr char kMergePatchType[] = "application/merge-patch+json";
constexpr int kMaxListRestarts = 1;
constexpr int kUnauthorized = 401;
constexpr int kTooManyRequests = 429;

bool IsSuccess(int http_status) { return http_status >= 200 && http_status < 300; }

// `tried` is how the transport failed or what the server refused with.
bool MayPass(const Status& tried, int http_status) {
  if (http_status != 0) return http_status == kTooManyRequests || http_status >= 500;
  return tried.code() == StatusCode::kUnavailable || tried.code() == StatusCode::kDeadlineExceeded;
}

std::string DeleteBody(const DeletePreconditions& wanted) {
  if (wanted.uid.empty() && wanted.resource_version.empty()) return {};
  api::Value preconditions = api::Value::Map();
  if (!wanted.uid.empty()) preconditions.Set("uid", api::Value::String(wanted.uid));
  if (!wanted.resource_version.empty()) {
    preconditions.Set("resourceVersion", api::Value::String(wanted.resource_version));
  }
  api::Value options = api::Value::Map();
  options.Set("apiVersion", api::Value::String("v1"));
  options.Set("kind", api::Value::String("DeleteOptions"));
  options.Set("preconditions", std::move(preconditions));
  return api::WriteJson(options, api::JsonLayout::kCompact);
}

// One page's place in a list.
struct Place {
  size_t limit = kApiListLimit;
  std::string token = {};
  bool first = true;
};

Query QueryOf(const ListOptions& options, const Place& place) {
  Query query{{"limit", std::to_string(place.limit)}};
  if (!options.field_selector.empty()) query.emplace_back("fieldSelector", options.field_selector);
  if (!options.label_selector.empty()) query.emplace_back("labelSelector", options.label_selector);
  if (!place.token.empty()) query.emplace_back("continue", place.token);
  if (place.token.empty() && !options.resource_version.empty()) {
    query.emplace_back("resourceVersion", options.resource_version);
  }
  return query;
}

}  // namespace

ApiClient::ApiClient(Transport& transport, metrics::Registry& registry, Options options)
    : transport_(transport),
      registry_(registry),
      options_(std::move(options)),
      limiter_(options_.requests_per_second, options_.burst),
      random_(MakeRandomSource()) {}

Result<std::string> ApiClient::Get(const Resource& resource, const std::string& namespace_name,
                                   const std::string& name, const Call& call) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::string target, ObjectTarget(resource, namespace_name, name));
  return Perform("get", "get " + DisplayName(resource, namespace_name, name),
                 {.target = std::move(target)}, Retry::kAll, call);
}

Result<std::string> ApiClient::List(const Resource& resource, const std::string& namespace_name,
                                    const ListOptions& options, const OnPage& on_page,
                                    const Call& call) {
  Place place;
  int restarts = 0;
  const std::string what = "list " + std::string(resource.plural);
  for (;;) {
    KUBEDIAG_ASSIGN_OR_RETURN(std::string target,
                              CollectionTarget(resource, namespace_name, QueryOf(options, place)));
    auto body =
        Perform("list", what, {.target = std::move(target), .max_answer_bytes = kMaxListPageBytes},
                Retry::kAll, call);
    if (!body.ok()) {
      const Status failure = body.status();
      if (failure.code() == StatusCode::kResourceExhausted && place.limit > 1) {
        place.limit = std::max<size_t>(place.limit / 8, 1);
        continue;
      }
      if (failure.reason() == kReasonExpired && !place.token.empty() &&
          restarts++ < kMaxListRestarts) {
        place = {.limit = place.limit};
        continue;
      }
      return failure;
    }
    auto document = ParseJsonMap(*body);
    if (!document.ok()) return document.status().Annotate(what);
    body = std::string();  // not held beside its tree
    const api::Value* const metadata = MapAt(*document, "metadata");
    if (metadata == nullptr) return Status::DataLoss(what + ": the answer is no list");
    std::string version = TextAt(*metadata, "resourceVersion");
    std::string token = TextAt(*metadata, "continue");
    KUBEDIAG_RETURN_IF_ERROR(on_page({*std::move(document), version, place.first}));
    if (token.empty()) return version;
    place = {.limit = place.limit, .token = std::move(token), .first = false};
  }
}

Result<std::string> ApiClient::Create(const Resource& resource, const std::string& namespace_name,
                                      const std::string& body, const Call& call) {
  KUBEDIAG_ASSIGN_OR_RETURN(
      std::string target,
      CollectionTarget(resource, namespace_name, {{"fieldManager", options_.field_manager}}));
  return Perform("create", "create " + std::string(resource.kind),
                 {"POST", std::move(target), body, kJson}, Retry::kAll, call);
}

Result<std::string> ApiClient::MergePatch(const Resource& resource,
                                          const std::string& namespace_name,
                                          const std::string& name, const std::string& subresource,
                                          const std::string& body, const Call& call) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::string target,
                            ObjectTarget(resource, namespace_name, name, subresource,
                                         {{"fieldManager", options_.field_manager}}));
  return Perform("patch", "patch " + DisplayName(resource, namespace_name, name),
                 {"PATCH", std::move(target), body, kMergePatchType}, Retry::kRefusals, call);
}

Result<std::string> ApiClient::Put(const Resource& resource, const std::string& namespace_name,
                                   const std::string& name, const std::string& subresource,
                                   const std::string& body, const Call& call) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::string target,
                            ObjectTarget(resource, namespace_name, name, subresource,
                                         {{"fieldManager", options_.field_manager}}));
  return Perform("update", "update " + DisplayName(resource, namespace_name, name),
                 {"PUT", std::move(target), body, kJson}, Retry::kRefusals, call);
}

Status ApiClient::Delete(const Resource& resource, const std::string& namespace_name,
                         const std::string& name, const DeletePreconditions& preconditions,
                         const Call& call) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::string target, ObjectTarget(resource, namespace_name, name));
  return Perform("delete", "delete " + DisplayName(resource, namespace_name, name),
                 {"DELETE", std::move(target), DeleteBody(preconditions), kJson}, Retry::kAll, call)
      .status();
}

Result<std::string> ApiClient::Perform(std::string_view verb, const std::string& what,
                                       const Request& request, Retry retry, const Call& call) {
  const Deadline deadline = Deadline::Earlier(call.deadline, Deadline::After(kApiCallTimeout));
  Deadline::Clock::duration back_off = options_.retry_first;
  int unauthorized = 0;
  for (;;) {
    if (const Status turn = limiter_.Wait(deadline, call.stop); !turn.ok()) {
      return turn.Annotate(what);
    }
    auto answer = Try(verb, request, deadline, call.stop);
    if (answer.ok() && IsSuccess(answer->status)) return std::move(answer->body);
    const int http_status = answer.ok() ? answer->status : 0;
    const Status failure =
        answer.ok() ? StatusOfAnswer(*answer, what) : answer.status().Annotate(what);
    bool again =
        retry == Retry::kAll ? MayPass(failure, http_status) : http_status == kTooManyRequests;
    // Also said of good tokens, by a server whose store is away for a moment.
    if (http_status == kUnauthorized) again = ++unauthorized < kMaxUnauthorizedTries;
    if (!again) return failure;

    Deadline::Clock::duration pause = Jittered(back_off);
    back_off = std::min<Deadline::Clock::duration>(2 * back_off, options_.retry_longest);
    std::optional<seconds> told;
    if (answer.ok()) {
      told = answer->retry_after;
      if (!told) told = ParseServerStatus(http_status, answer->body).retry_after;
    }
    // Jitter on top: those who were refused together do not come back together.
    if (told) {
      pause = std::clamp(*told, seconds(0), kMaxRetryAfter) + Jittered(options_.retry_first);
      // What one caller was told holds for all of them, also if this one cannot wait for it.
      if (http_status == kTooManyRequests) {
        limiter_.HoldUntil(
            Deadline::After(std::min<Deadline::Clock::duration>(pause, kApiCallTimeout)));
      }
    }
    if (pause >= deadline.Left()) return failure;
    if (!SleepUntil(Deadline::After(pause), deadline, call.stop)) {
      return Status::Cancelled(what + ": cancelled");
    }
  }
}

Result<Response> ApiClient::Try(std::string_view verb, const Request& request, Deadline deadline,
                                const std::stop_token& stop) {
  auto answer =
      transport_.Send(request, Deadline::Earlier(deadline, Deadline::After(kApiTryTimeout)), stop);
  const std::string code = answer.ok() ? std::to_string(answer->status) : "error";
  registry_
      .MakeCounter("kubediag_api_requests_total",
                   "Requests to the API server, tries counted one by one.",
                   {{"verb", std::string(verb)}, {"code", code}})
      .Add();
  return answer;
}

// Between half of it and one and a half.
Deadline::Clock::duration ApiClient::Jittered(Deadline::Clock::duration pause) {
  const std::lock_guard lock(random_mutex_);
  return std::chrono::duration_cast<Deadline::Clock::duration>(pause * (0.5 + random_()));
}

}  // namespace kubediag::kube
