#include "engine/cli/object_check.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <variant>

#include "engine/cli/local_modules.h"
#include "engine/diagnosis/check.h"

namespace kubediag::cli {
namespace {

template <typename T>
std::vector<T> ValidOnes(const ObjectSet& set) {
  std::vector<T> found;
  for (const api::DecodedObject& object : set.objects) {
    if (const auto* value = std::get_if<T>(&object.object); value != nullptr && object.valid) {
      found.push_back(*value);
    }
  }
  return found;
}

void Report(api::DecodedObject& object, const std::vector<api::Problem>& problems,
            std::vector<api::Diagnostic>& diagnostics) {
  for (const api::Problem& problem : problems) {
    diagnostics.push_back(object.Report(problem.severity, problem.field, problem.message));
    if (problem.severity == api::Severity::kError) object.valid = false;
  }
}

bool AnyExists(const std::vector<std::string>& folders) {
  return std::any_of(folders.begin(), folders.end(), [](const std::string& folder) {
    std::error_code error;
    return std::filesystem::exists(folder, error);
  });
}

}  // namespace

void CheckSetsAreGiven(ObjectSet& set) {
  std::set<std::string> names;
  for (const api::DecodedObject& object : set.objects) {
    if (const auto* operation_set = std::get_if<api::OperationSet>(&object.object)) {
      names.insert(operation_set->metadata.name);
    }
  }
  for (const api::DecodedObject& object : set.objects) {
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object.object);
    if (diagnosis == nullptr || diagnosis->spec.operation_set.empty()) continue;
    if (names.count(diagnosis->spec.operation_set) > 0) continue;
    set.diagnostics.push_back(object.Report(
        api::Severity::kWarning, "spec.operationSet",
        "OperationSet " + diagnosis->spec.operation_set + " is not among the objects"));
  }
  SortByPlace(set);
}

void CheckAgainstModules(const std::vector<std::string>& operations_folders,
                         catalog::Catalog& catalog, ObjectSet& set) {
  if (!AnyExists(operations_folders)) return;
  const std::vector<api::Operation> operations = ValidOnes<api::Operation>(set);
  std::map<std::string, api::OperationSet> operation_sets;
  for (api::OperationSet& operation_set : ValidOnes<api::OperationSet>(set)) {
    operation_sets.emplace(operation_set.metadata.name, operation_set);
  }
  for (api::DecodedObject& object : set.objects) {
    if (!object.valid) continue;
    if (const auto* operation_set = std::get_if<api::OperationSet>(&object.object)) {
      Report(object, diagnosis::CheckOperationSet(*operation_set, operations, catalog),
             set.diagnostics);
    }
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object.object);
    if (diagnosis == nullptr) continue;
    const auto found = operation_sets.find(diagnosis->spec.operation_set);
    if (found == operation_sets.end()) continue;
    Report(object, diagnosis::CheckDiagnosis(*diagnosis, found->second, operations, catalog),
           set.diagnostics);
  }
  SortByPlace(set);
}

void CheckAll(const EngineOptions& options, const ProgramPaths& paths, ObjectSet& set) {
  CheckSetsAreGiven(set);
  if (!AnyExists(options.operations_folders)) return;
  const std::unique_ptr<Logger> logger = MakeStderrLogger(options.log_level, options.log_format);
  const auto modules = LocalModules::OpenToLook(options, paths, *logger);
  if (!modules.ok()) {
    PrintError("modules were not checked: " + modules.status().message());
    return;
  }
  CheckAgainstModules(options.operations_folders, (*modules)->catalog(), set);
}

}  // namespace kubediag::cli
