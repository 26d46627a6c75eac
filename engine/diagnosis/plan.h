// Plan: what one run is made from, read once at its beginning and unchanged to its end.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/objects.h"
#include "engine/catalog/catalog.h"
#include "engine/core/result.h"
#include "engine/diagnosis/processor.h"
#include "engine/graph/operation_graph.h"
#include "engine/operation/descriptor.h"
#include "engine/store/store.h"

namespace kubediag::diagnosis {

struct Plan {
  api::OperationSet operation_set;
  graph::OperationGraph graph;
  std::string set_hash;  // equal for equal adjacency lists and strategies
  std::string binding;   // equal for equal sets and Diagnoses (uid and spec, but for suspend)
  std::string operations_hash;  // equal for equal Operation objects, whatever the modules are
  std::map<std::string, Result<ResolvedOperation>> operations;  // by the name in the nodes

  const std::string& NameOf(graph::NodeIndex node) const {
    return operation_set.adjacency_list[node].operation;
  }
  const Result<ResolvedOperation>& OperationOf(graph::NodeIndex node) const {
    return operations.at(NameOf(node));
  }
  // By position; a node whose operation is missing counts as repeatable: nothing of it runs.
  std::vector<bool> Repeatable() const;
  // Declarations of the operations that exist, each once.
  std::vector<const operation::OperationDescriptor*> Descriptors() const;
  api::Path PathOf(const std::vector<graph::NodeIndex>& nodes) const;
};

// Errors: NotFound "OperationSetNotFound", InvalidArgument "OperationSetNotReady" (with the ids at
// fault), or the store's if it does not answer. A missing operation is no error here.
Result<Plan> MakePlan(const api::Diagnosis& diagnosis, store::Store& store,
                      catalog::Catalog& catalog);

// Values of spec.parameters that are of a wrong kind for an operation of the set: position and
// failure, in list order.
std::vector<std::pair<graph::NodeIndex, Status>> CheckBeforehand(const Plan& plan,
                                                                 const api::Diagnosis& diagnosis);

}  // namespace kubediag::diagnosis
