// Completions in the form that kubectl asks a plugin's kubectl_complete-NAME for: one a line, what
// it means after a tab, last a directive for the shell. Pure.
#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace kubediag::cli {

// What may stand for the last of `words`, which follow the program's name.
std::string KubectlCompletions(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace kubediag::cli
