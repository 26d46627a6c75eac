#include "engine/diagnosis/check.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/api/names.h"
#include "engine/diagnosis/parameters.h"
#include "engine/diagnosis/processor.h"
#include "engine/diagnosis/secrets.h"

namespace kubediag::diagnosis {
namespace {

using Operations = std::map<std::string, Result<ResolvedOperation>>;

// Each operation the set names, once; names of start nodes and empty ones are left to the graph.
Operations ResolveAll(const api::OperationSet& operation_set,
                      std::span<const api::Operation> objects, catalog::Catalog& catalog) {
  std::map<std::string_view, const api::Operation*> by_name;
  for (const api::Operation& object : objects) by_name.emplace(object.metadata.name, &object);
  Operations operations;
  for (const api::Node& node : operation_set.adjacency_list) {
    if (node.operation.empty() || operations.contains(node.operation)) continue;
    const auto found = by_name.find(node.operation);
    operations.emplace(
        node.operation,
        Resolve(node.operation, found == by_name.end() ? nullptr : found->second, catalog));
  }
  return operations;
}

api::Problem Error(std::string field, std::string message) {
  return {
      .severity = api::Severity::kError, .field = std::move(field), .message = std::move(message)};
}

api::Problem Warning(std::string field, std::string message) {
  return {.severity = api::Severity::kWarning,
          .field = std::move(field),
          .message = std::move(message)};
}

std::string ParameterField(const std::string& key) { return "spec.parameters[" + key + "]"; }

// What a missing value makes of the run: nothing runs before the operations that the start node
// leads to, and if that is this one only, no path can succeed.
api::Problem Missing(const api::OperationSet& operation_set, const std::string& operation,
                     const std::string& message, const std::string& unless) {
  const auto& list = operation_set.adjacency_list;
  bool begins_a_path = false;
  bool begins_each_path = true;
  for (const int64_t to : list.empty() ? std::vector<int64_t>() : list.front().to) {
    const bool is_node = to > 0 && static_cast<uint64_t>(to) < list.size();
    const bool same = is_node && list[static_cast<size_t>(to)].operation == operation;
    begins_a_path |= same;
    begins_each_path &= same;
  }
  if (!begins_a_path) return Warning("spec.parameters", message + ", unless " + unless);
  if (begins_each_path) return Error("spec.parameters", message);
  return Warning("spec.parameters", message + ": a path that begins with it fails");
}

void CheckDeclared(const api::Diagnosis& diagnosis, const api::OperationSet& operation_set,
                   const ResolvedOperation& operation, std::vector<api::Problem>& problems) {
  const api::StringMap& given = diagnosis.spec.parameters;
  const api::StringMap context = ContextKeys(diagnosis, "node");
  for (const auto& parameter : operation.entry.descriptor.parameters) {
    const auto found = given.find(parameter.key);
    if (found != given.end() && !api::IsContextKey(parameter.key) && !IsMissing(parameter, given)) {
      const Status kind = CheckKind(parameter, found->second);
      if (!kind.ok()) {
        problems.push_back(
            Error(ParameterField(parameter.key), operation.name + ": " + kind.message()));
      }
      continue;
    }
    if (parameter.from_results || context.contains(parameter.key)) continue;
    if (!IsMissing(parameter, given)) continue;
    const std::string message = operation.name + ": " + MissingParameter(parameter).message() +
                                " (" + parameter.key + " is required)";
    problems.push_back(
        Missing(operation_set, operation.name, message, "an earlier operation supplies it"));
  }
  for (const auto& secret : operation.entry.descriptor.secrets) {
    const auto reference = ReferenceOf(secret, operation.entry.descriptor, diagnosis);
    if (!reference.ok()) {
      problems.push_back(
          Error("spec.parameters", operation.name + ": " + reference.status().message()));
    }
    const Status named = CheckNamed(secret, operation.entry.descriptor, diagnosis, given);
    if (named.ok()) continue;
    const std::string message =
        operation.name + ": " + named.message() + " (" + secret.name_parameter + " is required)";
    problems.push_back(Missing(operation_set, operation.name, message,
                               "an earlier operation supplies another " + secret.https_parameter));
  }
}

}  // namespace

std::vector<api::Problem> CheckOperationSet(const api::OperationSet& operation_set,
                                            std::span<const api::Operation> operations,
                                            catalog::Catalog& catalog) {
  const Operations resolved = ResolveAll(operation_set, operations, catalog);
  std::vector<api::Problem> problems;
  for (size_t i = 0; i < operation_set.adjacency_list.size(); ++i) {
    const std::string& name = operation_set.adjacency_list[i].operation;
    const auto found = resolved.find(name);
    if (found == resolved.end() || found->second.ok()) continue;
    problems.push_back(Warning("spec.adjacencyList[" + std::to_string(i) + "].operation",
                               found->second.status().message()));
  }
  return problems;
}

std::vector<api::Problem> CheckDiagnosis(const api::Diagnosis& diagnosis,
                                         const api::OperationSet& operation_set,
                                         std::span<const api::Operation> operations,
                                         catalog::Catalog& catalog) {
  const Operations resolved = ResolveAll(operation_set, operations, catalog);
  std::vector<api::Problem> problems;
  std::vector<const operation::OperationDescriptor*> descriptors;
  bool all_known = true;
  for (const auto& [name, operation] : resolved) {
    if (!operation.ok()) {
      all_known = false;
      continue;
    }
    descriptors.push_back(&operation->entry.descriptor);
    CheckDeclared(diagnosis, operation_set, *operation, problems);
  }
  // An operation that is not there yet may read any key.
  if (all_known) {
    for (auto& unknown : UnknownParameters(diagnosis.spec.parameters, descriptors)) {
      problems.push_back(Warning(ParameterField(unknown.key), std::move(unknown.message)));
    }
  }
  return problems;
}

}  // namespace kubediag::diagnosis
