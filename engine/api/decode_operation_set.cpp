#include "engine/api/decode_kinds.h"
#include "engine/core/limits.h"

namespace kubediag::api {
namespace {

void ReadAdjacencyList(const Cursor& at, OperationSet& out) {
  if (!at.IsList()) return;
  const size_t size = at.value().items.size();
  if (size > kMaxAdjacencyList) {
    at.Error("has " + std::to_string(size) + " nodes, more than " +
             std::to_string(kMaxAdjacencyList));
    return;
  }
  out.adjacency_list.resize(size);
  for (size_t i = 0; i < size; ++i) ReadNode(at.Item(i), out.adjacency_list[i]);
}

void ReadStrategy(const Cursor& at, OperationSet& out) {
  const auto name = at.String();
  if (!name) return;
  if (*name == "AllPaths") {
    out.strategy = Strategy::kAllPaths;
  } else if (*name != "FirstPath") {
    at.Error("expected FirstPath or AllPaths, not \"" + *name + "\"");
  }
}

constexpr FieldRule<OperationSet> kSpecFields[] = {
    {"adjacencyList", ReadAdjacencyList},
    {"strategy", ReadStrategy},
};

constexpr FieldRule<OperationSetStatus> kStatusFields[] = {
    {"paths", [](const Cursor& at, OperationSetStatus& out) { out.paths = ReadPaths(at); }},
    {"ready",
     [](const Cursor& at, OperationSetStatus& out) { out.ready = at.Boolean().value_or(false); }},
    {"conditions",
     [](const Cursor& at, OperationSetStatus& out) { out.conditions = ReadConditions(at); }},
    {"observedGeneration",
     [](const Cursor& at, OperationSetStatus& out) { out.observed_generation = at.Int64(); }},
};

constexpr FieldRule<OperationSet> kFields[] = {
    {"metadata", [](const Cursor& at, OperationSet& out) { ReadMetadata(at, out.metadata); }},
    {"spec", [](const Cursor& at, OperationSet& out) { ReadFields(at, kSpecFields, out); }},
    {"status", [](const Cursor& at,
                  OperationSet& out) { ReadFields(at.Lenient(), kStatusFields, out.status); }},
};

}  // namespace

void ReadOperationSet(const Cursor& document, OperationSet& operation_set) {
  ReadFields(document, kFields, operation_set, kTypeFields);
}

}  // namespace kubediag::api
