#include "engine/graph/check_object.h"

#include "engine/graph/operation_graph.h"

namespace kubediag::graph {

std::vector<api::Diagnostic> CheckGraph(const api::DecodedObject& object) {
  std::vector<api::Diagnostic> found;
  const auto* const set = std::get_if<api::OperationSet>(&object.object);
  if (set == nullptr || object.HasErrorAt("spec.adjacencyList")) return found;
  for (const Violation& violation : CheckAdjacencyList(set->adjacency_list)) {
    const bool is_error = violation.severity == Violation::Severity::kError;
    found.push_back(object.Report(is_error ? api::Severity::kError : api::Severity::kWarning,
                                  "spec." + violation.field, violation.message));
  }
  return found;
}

}  // namespace kubediag::graph
