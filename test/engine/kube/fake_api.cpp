#include "test/engine/kube/fake_api.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace kubediag::kube {
namespace {

using Json = nlohmann::json;

Response Refusal(int status, const std::string& reason, const std::string& message) {
  const Json body = {{"kind", "Status"},
                     {"status", "Failure"},
                     {"code", status},
                     {"reason", reason},
                     {"message", message}};
  return {status, body.dump(), std::nullopt};
}

std::string Decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return decoded;
}

std::map<std::string, std::string> ParseQuery(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    query[Decode(pair.substr(0, equals))] = Decode(pair.substr(equals + 1));
  }
  return query;
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

Result<Response> FakeApi::Send(const Request& request, Deadline deadline,
                               const std::stop_token& stop) {
  if (stop.stop_requested()) return Status::Cancelled("stopped");
  if (deadline.Passed()) return Status::DeadlineExceeded("too late");
  std::unique_lock lock(mutex_);
  seen_.push_back(request);
  std::optional<Fault> fault;
  if (!faults_.empty() &&
      (faults_.front().method.empty() || faults_.front().method == request.method)) {
    fault = std::move(faults_.front());
    faults_.pop_front();
  }
  if (!fault) return CarryOut(request);
  if (fault->carries_out || fault->carries_out_twice) CarryOut(request);
  if (fault->meanwhile) {
    lock.unlock();
    fault->meanwhile(*this);
    lock.lock();
  }
  if (fault->carries_out_twice) return CarryOut(request);
  return fault->answer;
}

Result<Response> FakeApi::Stream(const Request&, std::chrono::seconds, const OnBytes&,
                                 const std::stop_token&) {
  return Status::Unimplemented("requests only");
}

void FakeApi::Next(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FakeApi::Refuse(std::string method, int status, std::string body,
                     std::optional<std::chrono::seconds> retry_after) {
  Next({.method = std::move(method), .answer = Response{status, std::move(body), retry_after}});
}

void FakeApi::Put(const std::string& path, const std::string& json) {
  const std::lock_guard lock(mutex_);
  Json object = Json::parse(json);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  if (!object["metadata"].contains("uid")) {
    object["metadata"]["uid"] = "uid-" + std::to_string(version_);
  }
  objects_[path] = object.dump();
}

void FakeApi::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  ++version_;
  objects_.erase(path);
}

void FakeApi::Merge(const std::string& path, const std::string& json) {
  const std::lock_guard lock(mutex_);
  Json object = Json::parse(objects_.at(path));
  object.merge_patch(Json::parse(json));
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  objects_[path] = object.dump();
}

std::string FakeApi::Get(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(path);
  return found == objects_.end() ? "" : found->second;
}

std::vector<std::string> FakeApi::Paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, object] : objects_) paths.push_back(path);
  return paths;
}

std::vector<Request> FakeApi::Seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

int FakeApi::Count(const std::string& method) const {
  int count = 0;
  for (const Request& request : Seen()) count += request.method == method ? 1 : 0;
  return count;
}

Response FakeApi::CarryOut(const Request& request) {
  const size_t mark = request.target.find('?');
  std::string path = request.target.substr(0, mark);
  const auto query = mark == std::string::npos ? std::map<std::string, std::string>()
                                               : ParseQuery(request.target.substr(mark + 1));
  const bool status = EndsWith(path, "/status");
  if (status) path.resize(path.size() - std::string("/status").size());
  const std::string name = path.substr(path.rfind('/') + 1);

  if (request.method == "POST") {
    Json object = Json::parse(request.body);
    const std::string created = path + "/" + object["metadata"]["name"].get<std::string>();
    if (objects_.contains(created)) return Refusal(409, "AlreadyExists", created + " exists");
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    object["metadata"]["uid"] = "uid-" + std::to_string(version_);
    objects_[created] = object.dump();
    return {201, objects_[created], std::nullopt};
  }
  const auto found = objects_.find(path);
  if (found == objects_.end()) {
    if (request.method == "GET" && query.contains("limit")) return List(path, query);
    return Refusal(404, "NotFound", "\"" + name + "\" not found");
  }
  Json object = Json::parse(found->second);
  if (request.method == "GET") return {200, found->second, std::nullopt};
  if (request.method == "DELETE") {
    const Json body = request.body.empty() ? Json::object() : Json::parse(request.body);
    const Json wanted = body.value("preconditions", Json::object());
    if (wanted.contains("uid") && wanted["uid"] != object["metadata"]["uid"]) {
      return Refusal(409, "Conflict", "the UID in the precondition does not match");
    }
    const Json version = wanted.value("resourceVersion", Json());
    if (!version.is_null() && version != object["metadata"]["resourceVersion"]) {
      return Refusal(409, "Conflict", "the ResourceVersion in the precondition does not match");
    }
    ++version_;
    objects_.erase(found);
    return {200, "{}", std::nullopt};
  }
  Json change = Json::parse(request.body);
  const Json version = change.value("metadata", Json::object()).value("resourceVersion", Json());
  if (!version.is_null() && version != object["metadata"]["resourceVersion"]) {
    return Refusal(409, "Conflict", "the object has been modified");
  }
  Json changed = object;
  if (request.method == "PUT") {
    if (status) changed["status"] = change["status"];
    if (!status) changed = change;
  } else if (status) {
    changed["status"].merge_patch(change.value("status", Json::object()));
  } else {
    const Json metadata = object["metadata"];
    changed.merge_patch(change);
    changed["metadata"] = metadata;
  }
  if (changed != object) {
    changed["metadata"]["resourceVersion"] = std::to_string(++version_);
  }
  found->second = changed.dump();
  return {200, found->second, std::nullopt};
}

Response FakeApi::List(const std::string& path, const std::map<std::string, std::string>& query) {
  const std::string plural = path.substr(path.rfind('/') + 1);
  const auto selector = query.find("fieldSelector");
  if (selector != query.end() && !knows_field_selector) {
    return Refusal(400, "BadRequest",
                   "Unable to find \"x\" that match field selector: field label not supported: "
                   "spec.nodeName");
  }
  const auto token = query.find("continue");
  if (token != query.end() && tokens_expired) {
    tokens_expired = false;
    return Refusal(410, "Expired", "The provided continue parameter is too old");
  }
  const size_t limit = std::stoul(query.at("limit"));
  Json items = Json::array();
  std::string last = token == query.end() ? "" : token->second;
  std::string next;
  for (const auto& [at, text] : objects_) {
    if (at <= last || at.find("/" + plural + "/") == std::string::npos) continue;
    Json object = Json::parse(text);
    if (selector != query.end()) {
      const std::string node = selector->second.substr(selector->second.find('=') + 1);
      if (object["spec"].value("nodeName", "") != node) continue;
    }
    if (items.size() == limit) {
      next = last;
      break;
    }
    items.push_back(std::move(object));
    last = at;
  }
  const Json list = {
      {"apiVersion", "diagnosis.kubediag.org/v1"},
      {"kind", "DiagnosisList"},
      {"metadata", {{"resourceVersion", std::to_string(version_)}, {"continue", next}}},
      {"items", items}};
  return {200, list.dump(), std::nullopt};
}

}  // namespace kubediag::kube
