#include <kubediag/abi.h>

#include <CLI/CLI.hpp>
#include <string>

#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/exit_status.h"

namespace kubediag::cli {
namespace {

#if defined(__clang__)
constexpr char kCompiler[] = "clang " __clang_version__;
#else
constexpr char kCompiler[] = "g++ " __VERSION__;
#endif

}  // namespace

std::string VersionText() {
  return std::string("kubediag ") + KUBEDIAG_VERSION + "\noperation ABI " +
         std::to_string(KUBEDIAG_ABI_MAJOR) + "." + std::to_string(KUBEDIAG_ABI_MINOR) +
         "\ncompiler " + kCompiler + "\n";
}

void AddVersionCommand(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand(
      "version", "Print the versions of this program and of its operation interface");
  command->footer("Example:\n  kubediag version");
  command->callback([&status] { status = Print(VersionText()) ? kExitSuccess : kExitFailure; });
}

}  // namespace kubediag::cli
