#include "engine/diagnosis/plan.h"

#include "engine/api/conditions.h"
#include "engine/api/encode.h"
#include "engine/api/names.h"
#include "engine/core/byte_codec.h"
#include "engine/core/digest.h"
#include "engine/diagnosis/parameters.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::diagnosis {
namespace {

std::string HashOfSet(const api::OperationSet& operation_set) {
  ByteWriter bytes;
  bytes.Byte(operation_set.strategy == api::Strategy::kAllPaths ? 1 : 0);
  bytes.U64(operation_set.adjacency_list.size());
  // Ids count for nothing (KubeDiag 0.2 overwrites them), nor do `dependences`.
  for (const api::Node& node : operation_set.adjacency_list) {
    bytes.Text(node.operation);
    bytes.U64(node.to.size());
    for (const int64_t to : node.to) bytes.I64(to);
  }
  return Sha256Hex(bytes.bytes());
}

std::string BindingOf(const api::Diagnosis& diagnosis, const std::string& set_hash) {
  ByteWriter bytes;
  bytes.Text(set_hash);
  bytes.Text(diagnosis.metadata.namespace_name);
  bytes.Text(diagnosis.metadata.name);
  bytes.Text(diagnosis.metadata.uid);
  const api::DiagnosisSpec& spec = diagnosis.spec;
  bytes.Text(spec.operation_set);
  bytes.Text(spec.node_name);
  bytes.Byte(spec.pod_reference ? 1 : 0);
  if (spec.pod_reference) {
    bytes.Text(spec.pod_reference->namespace_name);
    bytes.Text(spec.pod_reference->name);
    bytes.Text(spec.pod_reference->container);
  }
  bytes.U64(spec.parameters.size());
  for (const auto& [key, value] : spec.parameters) {
    bytes.Text(key);
    bytes.Text(value);
  }
  bytes.Byte(spec.timeout_seconds ? 1 : 0);
  bytes.I64(spec.timeout_seconds.value_or(0));
  return Sha256Hex(bytes.bytes());
}

// Adds what the object says, but not who says it: labels and versions count for nothing.
void AddOperation(const std::string& name, const Result<api::Operation>& object,
                  ByteWriter& bytes) {
  bytes.Text(name);
  bytes.Bool(object.ok());
  if (!object.ok()) return;
  api::Operation said = *object;
  said.metadata = {};
  bytes.Text(api::EncodeJson(said, api::JsonLayout::kCompact));
}

}  // namespace

std::vector<bool> Plan::Repeatable() const {
  std::vector<bool> repeatable(graph.size(), true);
  for (graph::NodeIndex node = 1; node < graph.size(); ++node) {
    const auto& resolved = OperationOf(node);
    repeatable[node] = !resolved.ok() || resolved->repeatable;
  }
  return repeatable;
}

std::vector<const operation::OperationDescriptor*> Plan::Descriptors() const {
  std::vector<const operation::OperationDescriptor*> descriptors;
  for (const auto& [name, resolved] : operations) {
    if (resolved.ok()) descriptors.push_back(&resolved->entry.descriptor);
  }
  return descriptors;
}

api::Path Plan::PathOf(const std::vector<graph::NodeIndex>& nodes) const {
  api::Path path;
  path.reserve(nodes.size());
  for (const graph::NodeIndex node : nodes) {
    path.push_back(operation_set.adjacency_list[node]);
    path.back().id = node;
  }
  return path;
}

Result<Plan> MakePlan(const api::Diagnosis& diagnosis, store::Store& store,
                      catalog::Catalog& catalog) {
  const std::string& name = diagnosis.spec.operation_set;
  auto operation_set = store.GetOperationSet(name);
  if (!operation_set.ok()) {
    // There, and of no use as long as it is as it is.
    if (operation_set.status().code() == StatusCode::kInvalidArgument) {
      return operation_set.status()
          .Annotate("OperationSet " + name + " cannot be read")
          .WithReason(api::kConditionOperationSetNotReady);
    }
    if (operation_set.status().code() != StatusCode::kNotFound) return operation_set.status();
    return Status::NotFound("OperationSet " + name + " not found")
        .WithReason(api::kConditionOperationSetNotFound);
  }
  auto graph = graph::OperationGraph::Build(operation_set->adjacency_list);
  if (!graph.ok()) {
    return graph.status()
        .Annotate("OperationSet " + name + " is not valid")
        .WithReason(api::kConditionOperationSetNotReady);
  }
  const std::string set_hash = HashOfSet(*operation_set);
  Plan plan{.operation_set = *std::move(operation_set),
            .graph = *std::move(graph),
            .set_hash = set_hash,
            .binding = BindingOf(diagnosis, set_hash),
            .operations_hash = {},
            .operations = {}};
  ByteWriter objects;
  for (graph::NodeIndex node = 1; node < plan.graph.size(); ++node) {
    const std::string& operation = plan.NameOf(node);
    if (plan.operations.contains(operation)) continue;
    const auto object = store.GetOperation(operation);
    const StatusCode code = object.ok() ? StatusCode::kOk : object.status().code();
    const bool unreadable = code == StatusCode::kInvalidArgument;
    if (!object.ok() && !unreadable && code != StatusCode::kNotFound) return object.status();
    AddOperation(operation, object, objects);
    if (unreadable) {
      plan.operations.emplace(operation, object.status()
                                             .Annotate("Operation " + operation + " cannot be read")
                                             .WithReason(kReasonOperationNotAvailable));
      continue;
    }
    plan.operations.emplace(operation,
                            Resolve(operation, object.ok() ? &*object : nullptr, catalog));
  }
  plan.operations_hash = Sha256Hex(objects.bytes());
  return plan;
}

std::vector<std::pair<graph::NodeIndex, Status>> CheckBeforehand(const Plan& plan,
                                                                 const api::Diagnosis& diagnosis) {
  api::StringMap given = diagnosis.spec.parameters;
  std::erase_if(given, [](const auto& item) { return api::IsContextKey(item.first); });
  std::map<std::string, Status> checked;
  std::vector<std::pair<graph::NodeIndex, Status>> failures;
  for (graph::NodeIndex node = 1; node < plan.graph.size(); ++node) {
    const auto& resolved = plan.OperationOf(node);
    if (!resolved.ok()) continue;
    const auto [found, is_new] = checked.try_emplace(resolved->name);
    if (is_new) found->second = CheckKinds(resolved->entry.descriptor, given);
    if (!found->second.ok()) failures.emplace_back(node, found->second);
  }
  return failures;
}

}  // namespace kubediag::diagnosis
