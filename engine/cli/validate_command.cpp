#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/diagnostics_text.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/manifests.h"
#include "engine/cli/object_check.h"
#include "engine/cli/text.h"

namespace kubediag::cli {
namespace {

struct ValidateOptions {
  EngineOptions engine;
  std::vector<std::string> sources;
};

int Validate(ValidateOptions& options) {
  ObjectSet set = Manifests(options.sources).Read();
  for (const Status& status : set.unreadable) PrintError(status.message());
  const Result<ProgramPaths> paths = ProgramPaths::Find();
  Status prepared = paths.status();
  if (paths.ok()) prepared = ResolveDefaults(options.engine, *paths);
  if (prepared.ok()) {
    CheckAll(options.engine, *paths, set);
  } else {
    CheckSetsAreGiven(set);
    PrintError("modules were not checked: " + prepared.message());
  }
  const Terminal terminal = Terminal::Detect(STDOUT_FILENO);
  const bool printed =
      Print(DiagnosticsText(set.diagnostics, terminal) + Counted(set.objects.size(), "object") +
            ": " + DiagnosticCounts(set.diagnostics, set.unreadable.size()) + "\n");
  if (!set.ok()) return kExitUsage;
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
