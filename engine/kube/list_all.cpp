#include "engine/kube/list_all.h"

#include <utility>

#include "engine/api/value.h"
#include "engine/core/limits.h"
#include "engine/kube/json_reading.h"

namespace kubediag::kube {
namespace {

constexpr int kHttpOk = 200;
constexpr size_t kMaxUnreadableTold = 16;

class Lister {
 public:
  Lister(Transport& transport, const ListRequest& request, const std::stop_token& stop)
      : transport_(transport), request_(request), stop_(stop) {}

  ListAnswer Run() {
    Start(request_.not_older_than);
    for (size_t page = 0; page < kMaxListPages; ++page) {
      if (Status status = TakePage(); !status.ok()) {
        answer_.status = std::move(status);
        return std::move(answer_);
      }
      if (complete_) return std::move(answer_);
    }
    answer_.status =
        Status::ResourceExhausted("more than " + std::to_string(kMaxListPages) + " pages");
    return std::move(answer_);
  }

 private:
  void Start(std::string not_older_than) {
    answer_ = {};
    answer_.is_newest = not_older_than.empty();
    not_older_than_ = std::move(not_older_than);
    token_.clear();
  }

  Result<std::string> Target() const {
    Query query = {{"limit", std::to_string(limit_)}};
    if (!token_.empty()) {
      query.emplace_back("continue", token_);
    } else if (!not_older_than_.empty()) {
      query.emplace_back("resourceVersion", not_older_than_);
      // Without it a limit makes the version an exact one.
      query.emplace_back("resourceVersionMatch", "NotOlderThan");
    }
    if (!request_.field_selector.empty()) {
      query.emplace_back("fieldSelector", request_.field_selector);
    }
    return CollectionTarget(request_.resource, request_.namespace_name, query);
  }

  Status TakePage() {
    KUBEDIAG_ASSIGN_OR_RETURN(std::string target, Target());
    Result<Response> response =
        transport_.Send({.target = std::move(target), .max_answer_bytes = kMaxListPageBytes},
                        Deadline::After(kListPageTimeout), stop_);
    if (response.status().code() == StatusCode::kResourceExhausted && limit_ > 1) {
      limit_ /= 2;
      return {};
    }
    if (!response.ok()) return response.status();
    if (response->status == kHttpOk) return TakeBody(std::move(response->body));

    ServerStatus refusal = ParseServerStatus(response->status, response->body);
    if (response->retry_after) refusal.retry_after = response->retry_after;
    if (refusal.IsGone() && !token_.empty() && !began_afresh_) {
      began_afresh_ = true;
      Start("");
      return {};
    }
    Status status = Status::Unavailable("list: " + refusal.ToString());
    answer_.refusal = std::move(refusal);
    return status;
  }

  Status TakeBody(std::string body) {
    Result<api::Value> list = ParseJsonMap(body);
    if (!list.ok()) return list.status().Annotate("list");
    body = {};  // up to kMaxListPageBytes, no longer needed
    const api::Value* const metadata = MapAt(*list, "metadata");
    if (metadata == nullptr) return Status::DataLoss("list: no metadata");
    token_ = TextAt(*metadata, "continue");
    answer_.resource_version = TextAt(*metadata, "resourceVersion");
    if (answer_.resource_version.empty()) {
      return Status::DataLoss("list: no metadata.resourceVersion");
    }
    complete_ = token_.empty();
    std::optional<api::Value> items = TakeAt(*list, "items");
    if (!items || items->kind == api::Value::Kind::kNull) return {};
    if (items->kind != api::Value::Kind::kList) return Status::DataLoss("list: items is no list");
    for (api::Value& item : items->items) TakeItem(std::move(item));
    return {};
  }

  void TakeItem(api::Value item) {
    // Lists of built-in kinds leave out what their own kind implies.
    if (item.kind == api::Value::Kind::kMap && item.Find("kind") == nullptr) {
      const std::string group(request_.resource.group);
      const std::string version(request_.resource.version);
      item.Set("kind", api::Value::String(std::string(request_.resource.kind)));
      if (item.Find("apiVersion") == nullptr) {
        item.Set("apiVersion", api::Value::String(group.empty() ? version : group + "/" + version));
      }
    }
    ReadObject read = ReadKnownObject(std::move(item));
    if (read.object != nullptr) {
      const bool keeps = request_.keeps == nullptr || request_.keeps(read.object->object);
      if (keeps) answer_.objects.push_back(std::move(read.object));
    } else if (answer_.unreadable.size() < kMaxUnreadableTold) {
      answer_.unreadable.push_back(std::move(read.problem));
    }
  }

  Transport& transport_;
  const ListRequest& request_;
  const std::stop_token& stop_;
  ListAnswer answer_;
  std::string not_older_than_;
  std::string token_;
  size_t limit_ = kApiListLimit;
  bool complete_ = false;
  bool began_afresh_ = false;
};

}  // namespace

ListAnswer ListAll(Transport& transport, const ListRequest& request, const std::stop_token& stop) {
  return Lister(transport, request, stop).Run();
}

}  // namespace kubediag::kube
