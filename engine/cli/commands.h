// The subcommands of kubediag: each adds itself to the command line and leaves its exit status in
// `status` when chosen. One file a subcommand.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace kubediag::cli {

void AddRunCommand(CLI::App& app, int& status);
void AddValidateCommand(CLI::App& app, int& status);
void AddOperationsCommand(CLI::App& app, int& status);
void AddAgentCommand(CLI::App& app, int& status);
void AddControllerCommand(CLI::App& app, int& status);
void AddVersionCommand(CLI::App& app, int& status);
void AddCompletionCommand(CLI::App& app, int& status);

// What `kubediag version` prints.
std::string VersionText();

}  // namespace kubediag::cli
