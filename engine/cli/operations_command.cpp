#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/api/write.h"
#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/describe_operation.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/local_modules.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"

namespace kubediag::cli {
namespace {

struct OperationsOptions {
  EngineOptions engine;
  std::optional<OutputFormat> format;  // none: a short table
  std::string name;
};

// How long the file has been what it is. A command that has just started cannot know better.
std::string Since(const std::string& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return {};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return FormatAge(std::chrono::duration_cast<std::chrono::seconds>(now) -
                   std::chrono::seconds(info.st_ctim.tv_sec)) +
         " ago";
}

std::string Features(const catalog::Entry& entry) {
  std::string text;
  for (const std::string& name : FeatureNames(entry.descriptor)) {
    text += (text.empty() ? "" : ",") + name;
  }
  return text;
}

std::string CatalogText(catalog::Catalog& catalog, bool wide) {
  std::vector<std::string> header = {"NAME", "VERSION", "SINCE", "FEATURES", "FILE"};
  if (wide) header.emplace_back("ABOUT");
  Table table(std::move(header));
  for (const catalog::Entry& entry : catalog.Entries()) {
    const std::string file =
        wide ? entry.file : std::filesystem::path(entry.file).filename().string();
    table.Add({entry.descriptor.name, entry.descriptor.version, Since(entry.file), Features(entry),
               file, entry.descriptor.doc});
  }
  std::string text = table.Text();
  const std::vector<catalog::Refusal> refusals = catalog.Refusals();
  if (refusals.empty()) return text;
  text += "REFUSED\n";
  size_t width = 0;
  for (const auto& refusal : refusals) width = std::max(width, DisplayWidth(refusal.file));
  for (const auto& refusal : refusals) {
    text += PadRight(Printable(refusal.file), width) + "   " + Printable(refusal.reason) + ": " +
            Printable(refusal.message) + "\n";
  }
  return text;
}

std::string Encoded(const api::Value& value, OutputFormat format) {
  if (format == OutputFormat::kYaml) return api::WriteYaml(value);
  return api::WriteJson(value, api::JsonLayout::kIndented) + "\n";
}

Result<std::string> OutputOf(catalog::Catalog& catalog, const OperationsOptions& options) {
  const bool data = options.format && *options.format != OutputFormat::kWide;
  if (options.name.empty()) {
    return data ? Encoded(CatalogValue(catalog.Entries(), catalog.Refusals()), *options.format)
                : CatalogText(catalog, options.format == OutputFormat::kWide);
  }
  KUBEDIAG_ASSIGN_OR_RETURN(const catalog::Entry entry, catalog.Find(options.name));
  return data ? Encoded(OperationValue(entry), *options.format) : OperationText(entry);
}

// Said when the defaults are resolved.
bool AreFolders(const std::vector<std::string>& paths) {
  return std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
  });
}

Status ListOperations(OperationsOptions options) {
  const bool all_there = AreFolders(options.engine.operations_folders);
  KUBEDIAG_ASSIGN_OR_RETURN(const ProgramPaths paths, ProgramPaths::Find());
  KUBEDIAG_RETURN_IF_ERROR(ResolveDefaults(options.engine, paths));
  // Refused modules are part of the answer, and need no log line.
  const std::unique_ptr<Logger> logger = MakeNullLogger();
  KUBEDIAG_ASSIGN_OR_RETURN(const std::unique_ptr<LocalModules> modules,
                            LocalModules::OpenToLook(options.engine, paths, *logger));
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string text, OutputOf(modules->catalog(), options));
  return Print(text) && all_there ? Status::Ok() : Status::Cancelled("");
}

}  // namespace

void AddOperationsCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<OperationsOptions>();
  CLI::App* command = app.add_subcommand("operations", "List the operations that modules provide");
  command->add_option("NAME", options->name, "Tell all about this operation")->type_name("");
  AddOutputOption(*command, options->format, "Output form [a short table]");
  AddEngineOptions(*command, options->engine);
  command->footer(
      "Exit status: 0, or 1 if there is no such operation or no folder that --operations-dir "
      "names.\n"
      "Examples:\n"
      "  kubediag operations\n"
      "  kubediag operations go-profiler\n"
      "  kubediag operations --operations-dir ./build -o yaml");
  command->callback([options, &status] {
    const Status done = ListOperations(*options);
    if (!done.ok() && !done.message().empty()) PrintError(done.message());
    status = done.ok() ? kExitSuccess : kExitFailure;
  });
}

}  // namespace kubediag::cli
