#include "engine/kube/json_reading.h"

#include <utility>

#include "engine/api/parse.h"

namespace kubediag::kube {
namespace {

const api::Value* FindKind(const api::Value& map, std::string_view name, api::Value::Kind kind) {
  const api::Value* const found = map.Find(name);
  return found != nullptr && found->kind == kind ? found : nullptr;
}

}  // namespace

Result<api::Value> ParseJsonMap(std::string_view json) {
  api::ParsedDocuments parsed;
  api::ParseJson(json, 0, parsed);
  if (!parsed.errors.empty()) {
    const api::SyntaxError& error = parsed.errors[0];
    return Status::DataLoss("line " + std::to_string(error.position.line) + ", column " +
                            std::to_string(error.position.column) + ": " + error.message);
  }
  if (parsed.documents.size() != 1) {
    return Status::DataLoss(std::to_string(parsed.documents.size()) +
                            " JSON documents instead of one");
  }
  if (parsed.documents[0].kind != api::Value::Kind::kMap) {
    return Status::DataLoss("expected a map, not " + Describe(parsed.documents[0]));
  }
  return std::move(parsed.documents[0]);
}

const api::Value* MapAt(const api::Value& map, std::string_view name) {
  return FindKind(map, name, api::Value::Kind::kMap);
}

const api::Value* ListAt(const api::Value& map, std::string_view name) {
  return FindKind(map, name, api::Value::Kind::kList);
}

std::string TextAt(const api::Value& map, std::string_view name) {
  const api::Value* const found = FindKind(map, name, api::Value::Kind::kString);
  return found == nullptr ? "" : found->text;
}

std::optional<int64_t> IntegerAt(const api::Value& map, std::string_view name) {
  const api::Value* const found = FindKind(map, name, api::Value::Kind::kInteger);
  return found == nullptr ? std::nullopt : found->AsInteger();
}

std::optional<api::Value> TakeAt(api::Value& map, std::string_view name) {
  const api::Value* const found = map.Find(name);
  if (found == nullptr) return std::nullopt;
  return std::exchange(map.items[static_cast<size_t>(found - map.items.data())], {});
}

}  // namespace kubediag::kube
