// Check: what can be said of a Diagnosis before it runs, knowing the modules at hand. For `kubediag
// validate`, and before a run.
//
// Reads the catalog, changes nothing; thread-safe.
#pragma once

#include <span>
#include <vector>

#include "engine/api/objects.h"
#include "engine/api/validate.h"
#include "engine/catalog/catalog.h"

namespace kubediag::diagnosis {

// Problems of the set's nodes: an operation that neither `operations` nor the catalog has (with the
// nearest names), an Operation whose module is absent. Warnings: the module may yet be dropped.
std::vector<api::Problem> CheckOperationSet(const api::OperationSet& operation_set,
                                            std::span<const api::Operation> operations,
                                            catalog::Catalog& catalog);

// Problems of `diagnosis.spec` for the operations of its set: parameters of a wrong kind or out of
// their range, required keys that are missing, a reference to a Secret that is no valid name or
// that an https URL lacks (errors; what is missing is a warning while another path may succeed, or
// an earlier operation supply it); keys that no operation declares, with the nearest name
// (warnings). What can be told without operations, api::Validate tells.
std::vector<api::Problem> CheckDiagnosis(const api::Diagnosis& diagnosis,
                                         const api::OperationSet& operation_set,
                                         std::span<const api::Operation> operations,
                                         catalog::Catalog& catalog);

}  // namespace kubediag::diagnosis
