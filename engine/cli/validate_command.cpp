#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/diagnostics_text.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/local_modules.h"
#include "engine/cli/manifests.h"
#include "engine/cli/text.h"
#include "engine/diagnosis/check.h"

namespace kubediag::cli {
namespace {

struct ValidateOptions {
  EngineOptions engine;
  std::vector<std::string> sources;
};

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

void Report(const api::DecodedObject& object, const std::vector<api::Problem>& problems,
            std::vector<api::Diagnostic>& diagnostics) {
  for (const api::Problem& problem : problems) {
    diagnostics.push_back(object.Report(problem.severity, problem.field, problem.message));
  }
}

// What only the modules at hand can tell: whether operations exist and take their parameters.
void CheckAgainstModules(const ObjectSet& set, catalog::Catalog& catalog,
                         std::vector<api::Diagnostic>& diagnostics) {
  const std::vector<api::Operation> operations = ValidOnes<api::Operation>(set);
  std::map<std::string, api::OperationSet> operation_sets;
  for (api::OperationSet& operation_set : ValidOnes<api::OperationSet>(set)) {
    operation_sets.emplace(operation_set.metadata.name, operation_set);
  }
  for (const api::DecodedObject& object : set.objects) {
    if (!object.valid) continue;
    if (const auto* operation_set = std::get_if<api::OperationSet>(&object.object)) {
      Report(object, diagnosis::CheckOperationSet(*operation_set, operations, catalog),
             diagnostics);
    }
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object.object);
    if (diagnosis == nullptr) continue;
    const auto found = operation_sets.find(diagnosis->spec.operation_set);
    if (found == operation_sets.end()) continue;
    Report(object, diagnosis::CheckDiagnosis(*diagnosis, found->second, operations, catalog),
           diagnostics);
  }
}

// A cluster may hold the OperationSet; `run` would not find it.
void CheckSetsAreGiven(const ObjectSet& set, std::vector<api::Diagnostic>& diagnostics) {
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
    diagnostics.push_back(object.Report(
        api::Severity::kWarning, "spec.operationSet",
        "OperationSet " + diagnosis->spec.operation_set + " is not among the objects"));
  }
}

bool AnyExists(const std::vector<std::string>& folders) {
  return std::any_of(folders.begin(), folders.end(), [](const std::string& folder) {
    std::error_code error;
    return std::filesystem::exists(folder, error);
  });
}

Status CheckModules(ValidateOptions& options, const ObjectSet& set,
                    std::vector<api::Diagnostic>& diagnostics) {
  KUBEDIAG_ASSIGN_OR_RETURN(const ProgramPaths paths, ProgramPaths::Find());
  KUBEDIAG_RETURN_IF_ERROR(ResolveDefaults(options.engine, paths));
  if (!AnyExists(options.engine.operations_folders)) return Status::Ok();
  const std::unique_ptr<Logger> logger =
      MakeStderrLogger(options.engine.log_level, options.engine.log_format);
  KUBEDIAG_ASSIGN_OR_RETURN(const std::unique_ptr<LocalModules> modules,
                            LocalModules::OpenToLook(options.engine, paths, *logger));
  CheckAgainstModules(set, modules->catalog(), diagnostics);
  return Status::Ok();
}

// Files that came first first; within a file by place.
void SortLike(const ObjectSet& set, std::vector<api::Diagnostic>& diagnostics) {
  std::map<std::string, size_t> order;
  for (const auto& object : set.objects) order.emplace(object.file, order.size());
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&order](const api::Diagnostic& a, const api::Diagnostic& b) {
                     return std::tuple(order[a.file], a.line, a.column) <
                            std::tuple(order[b.file], b.line, b.column);
                   });
}

int Validate(ValidateOptions& options) {
  ObjectSet set = Manifests(options.sources).Read();
  for (const Status& status : set.unreadable) PrintError(status.message());
  std::vector<api::Diagnostic> diagnostics = set.diagnostics;
  CheckSetsAreGiven(set, diagnostics);
  if (const Status status = CheckModules(options, set, diagnostics); !status.ok()) {
    PrintError("modules were not checked: " + status.message());
  }
  if (diagnostics.size() > set.diagnostics.size()) SortLike(set, diagnostics);
  const Terminal terminal = Terminal::Detect(STDOUT_FILENO);
  const bool printed =
      Print(DiagnosticsText(diagnostics, terminal) + Counted(set.objects.size(), "object") + ": " +
            DiagnosticCounts(diagnostics) + "\n");
  if (!set.unreadable.empty() || api::HasErrors(diagnostics)) return kExitUsage;
  return printed ? kExitSuccess : kExitFailure;
}

}  // namespace

void AddValidateCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command =
      app.add_subcommand("validate", "Check objects and show everything that is wrong with them");
  AddSourcesOption(*command, options->sources);
  AddEngineOptions(*command, options->engine);
  command->footer(
      "Exit status: 0 no errors, 2 errors.\n"
      "Examples:\n"
      "  kubediag validate -f operationset.yaml -f diagnosis.yaml\n"
      "  kubectl get opset -o yaml | kubediag validate -f -");
  command->callback([options, &status] { status = Validate(*options); });
}

}  // namespace kubediag::cli
