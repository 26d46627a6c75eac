// What is wrong with objects that only a look at all of them and at the modules tells.
//
// `kubediag validate` and `kubediag run` say the same of the same files, as both ask here.
// Thread-safe as the catalog is.
#pragma once

#include <string>
#include <vector>

#include "engine/catalog/catalog.h"
#include "engine/cli/common_options.h"
#include "engine/cli/manifests.h"

namespace kubediag::cli {

// Warns of each Diagnosis whose OperationSet is not among the objects: a cluster may hold it, `run`
// would not find it.
void CheckSetsAreGiven(ObjectSet& set);

// Whether operations exist and take their parameters. Adds to the diagnostics; objects with errors
// are not valid any more. Where none of the operations folders exists nothing is known, or said.
void CheckAgainstModules(const std::vector<std::string>& operations_folders,
                         catalog::Catalog& catalog, ObjectSet& set);

// Both checks, with modules that are only looked at. What keeps the modules from being read is said
// on standard error.
void CheckAll(const EngineOptions& options, const ProgramPaths& paths, ObjectSet& set);

}  // namespace kubediag::cli
