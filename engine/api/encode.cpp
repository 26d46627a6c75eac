#include "engine/api/encode.h"

#include "engine/api/encode_kinds.h"
#include "engine/api/write.h"

namespace kubediag::api {
namespace {

Value DocumentOf(const Object& object) {
  Value document = Value::Map();
  document.Set("apiVersion", Value::String(std::string(ApiVersionOf(object))));
  document.Set("kind", Value::String(std::string(KindOf(object))));
  document.Set("metadata", MetadataValue(MetadataOf(object)));
  std::visit([&](const auto& held) { AddFields(held, document); }, object);
  return document;
}

Value ListOf(std::span<const Object> objects) {
  Value items = Value::List();
  for (const Object& object : objects) items.items.push_back(DocumentOf(object));
  Value metadata = Value::Map();
  metadata.Set("resourceVersion", Value::String(""));
  Value list = Value::Map();
  list.Set("apiVersion", Value::String("v1"));
  list.Set("items", std::move(items));
  list.Set("kind", Value::String("List"));
  list.Set("metadata", std::move(metadata));
  return list;
}

}  // namespace

std::string EncodeYaml(const Object& object) { return WriteYaml(DocumentOf(object)); }
std::string EncodeJson(const Object& object, JsonLayout layout) {
  return WriteJson(DocumentOf(object), layout);
}

std::string EncodeYamlList(std::span<const Object> objects) { return WriteYaml(ListOf(objects)); }
std::string EncodeJsonList(std::span<const Object> objects, JsonLayout layout) {
  return WriteJson(ListOf(objects), layout);
}

std::string EncodeStatusJson(const DiagnosisStatus& status) {
  return WriteJson(StatusValue(status), JsonLayout::kCompact);
}
std::string EncodeStatusJson(const OperationSetStatus& status) {
  return WriteJson(StatusValue(status), JsonLayout::kCompact);
}

}  // namespace kubediag::api
