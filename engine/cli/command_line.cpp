#include "engine/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/help_formatter.h"

namespace kubediag::cli {
namespace {

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

}  // namespace

void SetUpCommandLine(CLI::App& app) {
  app.formatter(std::make_shared<HelpFormatter>(HelpColumns()));  // subcommands inherit it
  app.require_subcommand(1);
  app.set_version_flag("--version", VersionText,
                       "Print the same as " + app.get_name() + " version and exit");
}

int RunCommandLine(CLI::App& app, int argc, const char* const* argv, const int& status) {
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

}  // namespace kubediag::cli
