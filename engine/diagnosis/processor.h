// From the name in a node of the graph to what is run: Operation object → processor → operation of
// a module, with its settings.
//
// Plain values and functions; thread-safe as the catalog is.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/objects.h"
#include "engine/catalog/catalog.h"
#include "engine/core/result.h"

namespace kubediag::diagnosis {

struct ResolvedOperation {
  std::string name;      // as the node names it
  catalog::Entry entry;  // of the module's operation
  std::vector<std::pair<std::string, std::string>> settings;
  std::chrono::nanoseconds timeout{};
  bool repeatable = false;
};

// The operation of KubeDiag's own processor at `path` ("/processor/goProfiler" → "go-profiler");
// empty if KubeDiag had none there.
std::string_view OperationOfKubeDiagPath(std::string_view path);

// `object` is the Operation of that name, null if there is none; then the catalog's operation of
// that name is meant. NotFound "OperationNotFound": neither exists. NotFound
// "OperationNotAvailable": no module has what the object names.
Result<ResolvedOperation> Resolve(const std::string& name, const api::Operation* object,
                                  catalog::Catalog& catalog);

}  // namespace kubediag::diagnosis
