// kubediag: the command line.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/external_command.h"
#include "engine/cli/help_formatter.h"
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

// CLI11 says of an option that is given twice how many values it wanted.
std::string MismatchText(const CLI::App& app, const CLI::ArgumentMismatch& error) {
  for (const CLI::App* command : app.get_subcommands()) {
    for (const CLI::Option* option : command->get_options()) {
      const bool one = option->get_items_expected_max() == 1;
      if (one && option->count() > 1) return option->get_name() + ": given twice";
    }
  }
  return error.what();
}

int Main(int argc, char** argv) {
  OccupyStandardStreams();
  CLI::App app("Runs diagnoses: graphs of operations that modules provide.", "kubediag");
  app.formatter(std::make_shared<HelpFormatter>(HelpColumns()));  // subcommands inherit it
  app.require_subcommand(1);
  app.set_version_flag("--version", VersionText, "Print the same as kubediag version and exit");
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    return Print(VersionText()) ? kExitSuccess : kExitFailure;
  } catch (const CLI::Success& success) {  // --help
    return Print(app.help()) ? kExitSuccess : kExitFailure;
  } catch (const CLI::ArgumentMismatch& error) {
    PrintError(MismatchText(app, error));
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    PrintError(error.what());
    return kExitUsage;
  }
  return status;
}

}  // namespace
}  // namespace kubediag::cli

int main(int argc, char** argv) { return kubediag::cli::Main(argc, argv); }
