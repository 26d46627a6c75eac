#include "test/engine/kube/model_server.h"

#include <algorithm>

namespace kubediag::kube {
namespace {

std::string Parameter(const std::string& target, const std::string& name) {
  const size_t at = target.find(name + "=");
  if (at == std::string::npos) return "";
  const size_t start = at + name.size() + 1;
  return target.substr(start, std::min(target.find('&', start), target.size()) - start);
}

std::string SelectedNode(const std::string& target) {
  const std::string selector = Parameter(target, "fieldSelector");
  const size_t value = selector.find("%3D");
  return value == std::string::npos ? "" : selector.substr(value + 3);
}

bool IsOn(const std::optional<DiagnosisText>& object, const std::string& node) {
  return object && (node.empty() || object->node == node);
}

}  // namespace

Result<Response> ModelServer::Send(const Request& request, Deadline /*deadline*/,
                                   const std::stop_token& /*stop*/) {
  ++lists_;
  if (const Fault kind = fault(); kind != Fault::kNone) return Refuse(kind);
  const std::string node = SelectedNode(request.target);
  std::vector<DiagnosisText> items;
  for (const auto& [name, object] : objects_) {
    if (IsOn(object, node)) items.push_back(object);
  }
  return Response{200, ListJson(version_, items), {}};
}

Result<Response> ModelServer::Stream(const Request& request, std::chrono::seconds /*idle*/,
                                     const OnBytes& on_bytes, const std::stop_token& /*stop*/) {
  ++watches_;
  const Fault kind = fault();
  if (kind != Fault::kNone && kind != Fault::kCut && kind != Fault::kGoneInStream &&
      kind != Fault::kGarbage) {
    return Refuse(kind);
  }
  const int version = std::stoi(Parameter(request.target, "resourceVersion"));
  const bool gone = kind == Fault::kGoneInStream || version < oldest_;
  std::string bytes =
      gone ? EventLine("ERROR", StatusJson(410, "Expired", "too old resource version"))
           : EventsSince(version, SelectedNode(request.target)) + BookmarkLine(version_);
  if (kind == Fault::kGarbage) bytes += "\x01garbage\n";
  if (kind == Fault::kCut) {
    const size_t cut = cut_at(bytes.size());
    bytes.resize(cut);
    if (Status status = SayPieces(bytes, on_bytes); !status.ok()) return status;
    return Status::Unavailable("cut after " + std::to_string(cut) + " bytes");
  }
  if (Status status = SayPieces(bytes, on_bytes); !status.ok()) return status;
  clock_.Advance(std::chrono::seconds(300));
  on_idle();
  return Response{200, "", {}};
}

void ModelServer::Put(const std::string& name, const std::string& node) {
  Happening happening{++version_, std::nullopt, std::nullopt};
  const auto known = objects_.find(name);
  if (known != objects_.end()) happening.before = known->second;
  DiagnosisText& object = objects_[name];
  if (!happening.before) object.uid = "uid-" + std::to_string(next_uid_++);
  object.name = name;
  object.node = node;
  object.version = version_;
  object.message = "größer 剖析";
  happening.after = object;
  history_.push_back(std::move(happening));
}

void ModelServer::Delete(const std::string& name) {
  const auto known = objects_.find(name);
  if (known == objects_.end()) return;
  history_.push_back({++version_, known->second, std::nullopt});
  objects_.erase(known);
}

std::map<std::string, std::string> ModelServer::VersionsOn(const std::string& node) const {
  std::map<std::string, std::string> versions;
  for (const auto& [name, object] : objects_) {
    if (IsOn(object, node)) versions[object.uid] = std::to_string(object.version);
  }
  return versions;
}

Result<Response> ModelServer::Refuse(Fault kind) const {
  switch (kind) {
    case Fault::kGone:
      return Response{410, StatusJson(410, "Expired", "too old resource version"), {}};
    case Fault::kThrottled:
      return Response{429, "", std::chrono::seconds(3)};
    case Fault::kError:
      return Response{500, "", {}};
    case Fault::kGarbage:
      return Response{200, "<html>", {}};
    default:
      return Status::Unavailable("refused");
  }
}

std::string ModelServer::EventsSince(int version, const std::string& node) const {
  std::string bytes;
  for (const Happening& happening : history_) {
    if (happening.version <= version) continue;
    const bool was = IsOn(happening.before, node);
    const bool is = IsOn(happening.after, node);
    if (is) {
      bytes += EventLine(was ? "MODIFIED" : "ADDED", happening.after->Json());
    } else if (was) {
      // What has left the selector is told as it was, with the version of its leaving.
      DiagnosisText last = *happening.before;
      last.version = happening.version;
      bytes += EventLine("DELETED", last.Json());
    }
  }
  return bytes;
}

Status ModelServer::SayPieces(std::string_view bytes, const OnBytes& on_bytes) const {
  for (size_t at = 0; at < bytes.size(); at += piece_bytes) {
    if (Status status = on_bytes(bytes.substr(at, piece_bytes)); !status.ok()) return status;
  }
  return {};
}

}  // namespace kubediag::kube
