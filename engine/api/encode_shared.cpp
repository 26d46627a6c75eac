#include "engine/api/encode_kinds.h"
#include "engine/api/time.h"

namespace kubediag::api {
namespace {

Value IntegerListValue(const std::vector<int64_t>& integers) {
  Value list = Value::List();
  for (const int64_t number : integers) list.items.push_back(Value::Integer(number));
  return list;
}

Value PathValue(const Path& path) {
  Value list = Value::List();
  for (const Node& node : path) list.items.push_back(NodeValue(node));
  return list;
}

}  // namespace

void SetString(Value& map, std::string_view name, const std::string& text) {
  if (!text.empty()) map.Set(name, Value::String(text));
}

void SetTime(Value& map, std::string_view name, const std::optional<Time>& time) {
  if (time) map.Set(name, Value::String(FormatTime(*time)));
}

void SetStrings(Value& map, std::string_view name, const StringMap& strings) {
  if (!strings.empty()) map.Set(name, StringsValue(strings));
}

void SetPath(Value& map, std::string_view name, const Path& path) {
  if (!path.empty()) map.Set(name, PathValue(path));
}

void SetPaths(Value& map, std::string_view name, const std::vector<Path>& paths) {
  if (paths.empty()) return;
  Value list = Value::List();
  for (const Path& path : paths) list.items.push_back(PathValue(path));
  map.Set(name, std::move(list));
}

void SetConditions(Value& map, const std::vector<Condition>& conditions) {
  if (conditions.empty()) return;
  Value list = Value::List();
  for (const Condition& condition : conditions) {
    Value entry = Value::Map();
    SetTime(entry, "lastTransitionTime", condition.last_transition_time);
    SetString(entry, "message", condition.message);
    SetString(entry, "reason", condition.reason);
    entry.Set("status", Value::String(condition.status));
    entry.Set("type", Value::String(condition.type));
    list.items.push_back(std::move(entry));
  }
  map.Set("conditions", std::move(list));
}

Value NodeValue(const Node& node) {
  Value map = Value::Map();
  if (!node.dependences.empty()) map.Set("dependences", IntegerListValue(node.dependences));
  if (node.id) map.Set("id", Value::Integer(*node.id));
  SetString(map, "operation", node.operation);
  if (!node.to.empty()) map.Set("to", IntegerListValue(node.to));
  return map;
}

Value StringsValue(const StringMap& strings) {
  Value map = Value::Map();
  for (const auto& [key, text] : strings) map.Set(key, Value::String(text));
  return map;
}

Value StringListValue(const std::vector<std::string>& strings) {
  Value list = Value::List();
  for (const std::string& text : strings) list.items.push_back(Value::String(text));
  return list;
}

Value MetadataValue(const ObjectMeta& metadata) {
  Value map = Value::Map();
  SetStrings(map, "annotations", metadata.annotations);
  SetTime(map, "creationTimestamp", metadata.creation_timestamp);
  SetTime(map, "deletionTimestamp", metadata.deletion_timestamp);
  if (metadata.generation != 0) map.Set("generation", Value::Integer(metadata.generation));
  SetStrings(map, "labels", metadata.labels);
  map.Set("name", Value::String(metadata.name));
  SetString(map, "namespace", metadata.namespace_name);
  SetString(map, "resourceVersion", metadata.resource_version);
  SetString(map, "uid", metadata.uid);
  return map;
}

}  // namespace kubediag::api
