// kubediag: the command line.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/command_line.h"
#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/external_command.h"
#include "engine/cli/kubectl/plugin.h"
#include "engine/cli/program_paths.h"
#include "engine/core/nearest_names.h"

namespace kubediag::cli {
namespace {

std::vector<std::string> BuiltIns(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

bool IsBuiltIn(const CLI::App& app, const std::string& name) {
  const std::vector<std::string> names = BuiltIns(app);
  return std::find(names.begin(), names.end(), name) != names.end();
}

// `kubediag X` with an X that is not ours. Returns only if nothing could be executed.
void TryExternal(const CLI::App& app, const std::vector<std::string>& arguments) {
  const std::string& name = arguments.front();
  const Result<ProgramPaths> paths = ProgramPaths::Find();
  if (paths.ok()) {
    ExecuteExternalCommand(paths->bin, name, {arguments.begin() + 1, arguments.end()});
  }
  const std::vector<std::string> nearest = NearestNames(name, BuiltIns(app));
  PrintError("there is no command \"" + name + "\"" +
             (nearest.empty() ? "; kubediag --help lists them"
                              : "; did you mean " + nearest.front() + "?"));
}

// A standard stream that came closed must not become a journal or a socket: it reads as empty, and
// writing to it fails.
void OccupyStandardStreams() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) {
    descriptor = open("/dev/null", O_RDONLY);
  }
  if (descriptor > STDERR_FILENO) close(descriptor);
}

std::string_view NameOf(const char* program) {
  const std::string_view path = program == nullptr ? "" : program;
  return path.substr(path.rfind('/') + 1);
}

int Main(int argc, char** argv) {
  OccupyStandardStreams();
  // Two links to this program are what kubectl looks for.
  const std::string_view name = argc > 0 ? NameOf(argv[0]) : "";
  if (name == kKubectlPlugin) return RunKubectlPlugin(argc, argv);
  if (name == kKubectlCompletion) return CompleteKubectlPlugin({argv + 1, argv + argc});
  CLI::App app("Runs diagnoses: graphs of operations that modules provide.", "kubediag");
  SetUpCommandLine(app);
  app.footer(
      "Example:\n"
      "  kubediag run -f operationset.yaml -f diagnosis.yaml\n"
      "kubediag COMMAND --help tells more about a command. kubediag X executes kubediag-X from "
      "the program's own folder.");
  int status = kExitSuccess;
  AddRunCommand(app, status);
  AddValidateCommand(app, status);
  AddOperationsCommand(app, status);
  AddAgentCommand(app, status);
  AddControllerCommand(app, status);
  AddVersionCommand(app, status);
  AddCompletionCommand(app, status);

  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  if (!arguments.empty() && !arguments.front().starts_with('-') &&
      !IsBuiltIn(app, arguments.front())) {
    TryExternal(app, arguments);
    return kExitUsage;
  }
  return RunCommandLine(app, argc, argv, status);
}

}  // namespace
}  // namespace kubediag::cli

int main(int argc, char** argv) { return kubediag::cli::Main(argc, argv); }
