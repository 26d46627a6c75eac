// `kubectl kubediag`: diagnoses of a cluster from a laptop. The program kubediag under another
// name: kubectl executes kubectl-kubediag of the PATH, and kubectl_complete-kubediag for
// completions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace kubediag::cli {

inline constexpr std::string_view kKubectlPlugin = "kubectl-kubediag";
inline constexpr std::string_view kKubectlCompletion = "kubectl_complete-kubediag";

// Returns the exit status.
int RunKubectlPlugin(int argc, const char* const* argv);

// Prints what may stand for the last of `words`, those after `kubectl kubediag`, in the form that
// kubectl's own completion takes. Returns the exit status.
int CompleteKubectlPlugin(const std::vector<std::string>& words);

// Its commands, each in a file of its own.
void AddKubectlRunCommand(CLI::App& app, int& status);
void AddKubectlWaitCommand(CLI::App& app, int& status);
void AddKubectlOpenCommand(CLI::App& app, int& status);
void AddKubectlFetchCommand(CLI::App& app, int& status);

}  // namespace kubediag::cli
