// Options that several subcommands share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/cli/program_paths.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace kubediag::cli {

enum class OutputFormat { kYaml, kJson, kWide };

struct EngineOptions {
  std::vector<std::string> operations_folders;  // empty: the defaults
  std::string data_root;                        // empty: the default
  LogLevel log_level = LogLevel::kWarning;
  LogFormat log_format = LogFormat::kText;
};

// --operations-dir, --data-root, --log-level, --log-format. `options` must outlive the parsing.
void AddEngineOptions(CLI::App& command, EngineOptions& options);
// --log-level and --log-format; what they are set to now is shown as the default.
void AddLogOptions(CLI::App& command, LogLevel& level, LogFormat& format);
// -f FILE|DIR|-, at least once.
void AddSourcesOption(CLI::App& command, std::vector<std::string>& sources);
// -o yaml|json|wide.
void AddOutputOption(CLI::App& command, std::optional<OutputFormat>& format,
                     const std::string& description);

// Fills in the defaults; of operations of equal name the installed one wins.
Status ResolveDefaults(EngineOptions& options, const ProgramPaths& paths);

// An error on standard error: "kubediag: message".
void PrintError(const std::string& message);

// Writes to standard output at once. False: it cannot be written (said on standard error, unless
// the reader has just gone).
bool Print(const std::string& text);

}  // namespace kubediag::cli
