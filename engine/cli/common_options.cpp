#include "engine/cli/common_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>

#include "engine/cli/text.h"
#include "engine/core/file.h"

namespace kubediag::cli {
namespace {

const std::map<std::string, LogLevel> kLogLevels = {{"debug", LogLevel::kDebug},
                                                    {"info", LogLevel::kInfo},
                                                    {"warning", LogLevel::kWarning},
                                                    {"error", LogLevel::kError}};
const std::map<std::string, LogFormat> kLogFormats = {{"text", LogFormat::kText},
                                                      {"json", LogFormat::kJson}};
const std::map<std::string, OutputFormat> kOutputFormats = {
    {"yaml", OutputFormat::kYaml}, {"json", OutputFormat::kJson}, {"wide", OutputFormat::kWide}};

// One of the names of `choices`, in the way help and messages should show it.
template <typename Target, typename T>
void AddChoice(CLI::App& command, const std::string& name, Target& value,
               const std::map<std::string, T>& choices, const std::string& description) {
  std::string names;
  for (const auto& [choice, unused] : choices) names += (names.empty() ? "" : "|") + choice;
  command
      .add_option_function<std::string>(
          name, [&value, &choices](const std::string& choice) { value = choices.at(choice); },
          description)
      ->type_name(names)
      ->check([&choices, names](const std::string& choice) {
        return choices.count(choice) > 0 ? std::string() : choice + " is none of " + names;
      });
}

// An unset variable of a script must not mean the default, or the folder one happens to be in.
std::string NotEmpty(const std::string& text) {
  return text.empty() ? "it is given, but empty" : std::string();
}

}  // namespace

void AddEngineOptions(CLI::App& command, EngineOptions& options) {
  command
      .add_option("--operations-dir", options.operations_folders,
                  "Folder of operation modules, instead of the installed ones and "
                  "<data-root>/operations; may be given several times, earlier ones win")
      ->type_name("DIR")
      ->check(NotEmpty)
      ->allow_extra_args(false);
  command
      .add_option("--data-root", options.data_root,
                  "Folder for artifacts, journals and copies of modules [/var/lib/kubediag; "
                  "~/.local/state/kubediag for a plain user]")
      ->type_name("DIR")
      ->check(NotEmpty);
  AddLogOptions(command, options.log_level, options.log_format);
}

void AddLogOptions(CLI::App& command, LogLevel& level, LogFormat& format) {
  std::string usual;
  for (const auto& [name, each] : kLogLevels) {
    if (each == level) usual = name;
  }
  AddChoice(command, "--log-level", level, kLogLevels,
            "Least severe log lines on standard error [" + usual + "]");
  AddChoice(command, "--log-format", format, kLogFormats, "Form of log lines [text]");
}

void AddSourcesOption(CLI::App& command, std::vector<std::string>& sources) {
  command
      .add_option("-f,--filename", sources,
                  "YAML or JSON file, folder of such files, or - for standard input; may be given "
                  "several times")
      ->type_name("FILE|DIR|-")
      ->check(NotEmpty)
      ->required()
      ->allow_extra_args(false);
}

void AddOutputOption(CLI::App& command, std::optional<OutputFormat>& format,
                     const std::string& description) {
  AddChoice(command, "-o,--output", format, kOutputFormats, description);
}

Status ResolveDefaults(EngineOptions& options, const ProgramPaths& paths) {
  if (options.data_root.empty()) {
    KUBEDIAG_ASSIGN_OR_RETURN(options.data_root, DefaultDataRoot());
  }
  if (options.operations_folders.empty()) {
    options.operations_folders = {paths.operations, options.data_root + "/operations"};
    return Status::Ok();
  }
  for (const std::string& folder : options.operations_folders) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
      PrintError("--operations-dir: " + folder + " is no folder");
    }
  }
  return Status::Ok();
}

void PrintError(const std::string& message) {
  (void)WriteAll(STDERR_FILENO, "kubediag: " + Printable(message) + "\n");
}

bool Print(const std::string& text) {
  errno = 0;
  const Status status = WriteAll(STDOUT_FILENO, text);
  if (status.ok()) return true;
  if (errno != EPIPE) PrintError("standard output: " + status.message());
  return false;
}

}  // namespace kubediag::cli
