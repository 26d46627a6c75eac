// The command line of a program of several commands: read once, each mistake in one sentence on
// standard error.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace kubediag::cli {

// Lines no longer than the terminal is wide, and --version. One of `app`'s commands must be given.
void SetUpCommandLine(CLI::App& app);

// Runs the command that is given. Returns `status`, which the command sets, or what help, a version
// or a mistake end with.
int RunCommandLine(CLI::App& app, int argc, const char* const* argv, const int& status);

}  // namespace kubediag::cli
