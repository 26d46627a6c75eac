#include "engine/api/decode_kinds.h"

namespace kubediag::api {
namespace {

constexpr FieldRule<ObjectMeta> kMetadataFields[] = {
    {"name", [](const Cursor& at, ObjectMeta& out) { out.name = at.String().value_or(""); }},
    {"namespace",
     [](const Cursor& at, ObjectMeta& out) { out.namespace_name = at.String().value_or(""); }},
    {"labels", [](const Cursor& at, ObjectMeta& out) { out.labels = at.Strings(); }},
    {"annotations", [](const Cursor& at, ObjectMeta& out) { out.annotations = at.Strings(); }},
    {"uid", [](const Cursor& at, ObjectMeta& out) { out.uid = at.String().value_or(""); }},
    {"resourceVersion",
     [](const Cursor& at, ObjectMeta& out) { out.resource_version = at.String().value_or(""); }},
    {"generation",
     [](const Cursor& at, ObjectMeta& out) { out.generation = at.Int64().value_or(0); }},
    {"creationTimestamp",
     [](const Cursor& at, ObjectMeta& out) { out.creation_timestamp = at.ReadTime(); }},
    {"deletionTimestamp",
     [](const Cursor& at, ObjectMeta& out) { out.deletion_timestamp = at.ReadTime(); }},
};

// Metadata of Kubernetes that nothing here uses.
constexpr std::string_view kIgnoredMetadata[] = {"clusterName",   "deletionGracePeriodSeconds",
                                                 "finalizers",    "generateName",
                                                 "managedFields", "ownerReferences",
                                                 "selfLink"};

constexpr FieldRule<Node> kNodeFields[] = {
    {"id", [](const Cursor& at, Node& out) { out.id = at.Int64(); }},
    {"to", [](const Cursor& at, Node& out) { out.to = at.IntegerList(); }},
    {"operation", [](const Cursor& at, Node& out) { out.operation = at.String().value_or(""); }},
    {"dependences", [](const Cursor& at, Node& out) { out.dependences = at.IntegerList(); }},
};

constexpr FieldRule<Condition> kConditionFields[] = {
    {"type", [](const Cursor& at, Condition& out) { out.type = at.String().value_or(""); }},
    {"status", [](const Cursor& at, Condition& out) { out.status = at.String().value_or(""); }},
    {"lastTransitionTime",
     [](const Cursor& at, Condition& out) { out.last_transition_time = at.ReadTime(); }},
    {"reason", [](const Cursor& at, Condition& out) { out.reason = at.String().value_or(""); }},
    {"message", [](const Cursor& at, Condition& out) { out.message = at.String().value_or(""); }},
};
constexpr std::string_view kIgnoredConditionFields[] = {"observedGeneration"};

}  // namespace

void ReadMetadata(const Cursor& at, ObjectMeta& metadata) {
  ReadFields(at, kMetadataFields, metadata, kIgnoredMetadata);
}

void ReadNode(const Cursor& at, Node& node) { ReadFields(at, kNodeFields, node); }

Path ReadPath(const Cursor& at) {
  Path path;
  if (!at.IsList()) return path;
  for (size_t i = 0; i < at.value().items.size(); ++i) ReadNode(at.Item(i), path.emplace_back());
  return path;
}

std::vector<Path> ReadPaths(const Cursor& at) {
  std::vector<Path> paths;
  if (!at.IsList()) return paths;
  for (size_t i = 0; i < at.value().items.size(); ++i) paths.push_back(ReadPath(at.Item(i)));
  return paths;
}

std::vector<Condition> ReadConditions(const Cursor& at) {
  std::vector<Condition> conditions;
  if (!at.IsList()) return conditions;
  for (size_t i = 0; i < at.value().items.size(); ++i) {
    ReadFields(at.Item(i), kConditionFields, conditions.emplace_back(), kIgnoredConditionFields);
  }
  return conditions;
}

}  // namespace kubediag::api
