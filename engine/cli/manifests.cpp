#include "engine/cli/manifests.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include "engine/api/validate.h"
#include "engine/catalog/open_for_writing.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/graph/operation_graph.h"

namespace kubediag::cli {
namespace {

constexpr char kStandardInput[] = "-";
constexpr char kStandardInputName[] = "<stdin>";

bool IsManifestName(std::string_view name) {
  if (name.empty() || name.front() == '.') return false;
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

void CheckGraphs(ObjectSet& set) {
  for (api::DecodedObject& object : set.objects) {
    const auto* operation_set = std::get_if<api::OperationSet>(&object.object);
    if (operation_set == nullptr || !object.valid) continue;
    for (const graph::Violation& violation :
         graph::CheckAdjacencyList(operation_set->adjacency_list)) {
      const bool error = violation.severity == graph::Violation::Severity::kError;
      set.diagnostics.push_back(
          object.Report(error ? api::Severity::kError : api::Severity::kWarning,
                        "spec." + violation.field, violation.message));
      if (error) object.valid = false;
    }
  }
}

// Whether it is there and a pipe, a socket, a device or a folder: opening one may wait for ever, or
// do something.
bool IsNoRegularFile(const std::filesystem::directory_entry& entry) {
  std::error_code error;
  const std::filesystem::file_type type = entry.status(error).type();
  return type != std::filesystem::file_type::regular && type != std::filesystem::file_type::none &&
         type != std::filesystem::file_type::not_found;
}

void NoteFile(const std::string& name, ObjectSet& set) {
  set.file_order.emplace(name, set.file_order.size());
}

}  // namespace

void SortByPlace(ObjectSet& set) {
  const auto order = [&set](const api::Diagnostic& diagnostic) {
    const auto found = set.file_order.find(diagnostic.file);
    return found == set.file_order.end() ? set.file_order.size() : found->second;
  };
  std::stable_sort(set.diagnostics.begin(), set.diagnostics.end(),
                   [&order](const api::Diagnostic& a, const api::Diagnostic& b) {
                     return std::tuple(order(a), a.line, a.column) <
                            std::tuple(order(b), b.line, b.column);
                   });
}

ObjectSet Manifests::Read() {
  ObjectSet set;
  for (const std::string& source : sources_) {
    const Result<std::vector<std::string>> files = FilesOf(source, set);
    if (!files.ok()) {
      set.unreadable.push_back(files.status());
      continue;
    }
    for (const std::string& file : *files) {
      const std::optional<Result<std::string>> bytes = ReadSource(file, set);
      if (!bytes) continue;
      if (!bytes->ok()) {
        set.unreadable.push_back(bytes->status());
        continue;
      }
      const std::string name = file == kStandardInput ? kStandardInputName : file;
      NoteFile(name, set);
      api::Decoded decoded = api::Decode(bytes->value(), name);
      std::move(decoded.objects.begin(), decoded.objects.end(), std::back_inserter(set.objects));
      std::move(decoded.diagnostics.begin(), decoded.diagnostics.end(),
                std::back_inserter(set.diagnostics));
    }
  }
  std::vector<api::Diagnostic> problems = api::ValidateAll(set.objects);
  std::move(problems.begin(), problems.end(), std::back_inserter(set.diagnostics));
  CheckGraphs(set);
  SortByPlace(set);
  return set;
}

Result<std::vector<std::string>> Manifests::FilesOf(const std::string& source,
                                                    ObjectSet& set) const {
  std::error_code error;
  if (source == kStandardInput || !std::filesystem::is_directory(source, error)) {
    return std::vector<std::string>{source};
  }
  std::vector<std::string> files;
  std::vector<std::string> skipped;
  for (std::filesystem::directory_iterator entry(source, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!IsManifestName(entry->path().filename().string())) continue;
    (IsNoRegularFile(*entry) ? skipped : files).push_back(entry->path().string());
  }
  if (error) return Status::FromErrno("read directory " + source, error.value());
  std::sort(skipped.begin(), skipped.end());
  for (const std::string& path : skipped) {
    NoteFile(path, set);
    set.diagnostics.push_back({api::Severity::kWarning, path, 0, 0, "", "",
                               "is no regular file, skipped; a pipe can be named with -f"});
  }
  if (files.empty() && !late_files_) {
    return Status::NotFound(source + " holds no *.yaml, *.yml or *.json file");
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<Result<std::string>> Manifests::ReadSource(const std::string& path, ObjectSet& set) {
  if (path == kStandardInput) {
    if (!standard_input_) {
      Result<std::string> bytes = ReadAll(STDIN_FILENO, kStandardInputName, kMaxManifestBytes);
      if (!bytes.ok()) return bytes;
      standard_input_ = *std::move(bytes);
    }
    return Result<std::string>(*standard_input_);
  }
  if (!late_files_) return ReadFile(path, kMaxManifestBytes);
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid() && errno == ENOENT) return std::nullopt;
  if (!fd.valid()) return Result<std::string>(Status::FromErrno("open " + path, errno));
  if (catalog::IsOpenForWriting(fd.get())) {
    set.being_written = true;
    return std::nullopt;
  }
  return ReadAll(fd.get(), path, kMaxManifestBytes);
}

std::vector<std::string> Manifests::Folders() const {
  std::vector<std::string> folders;
  for (const std::string& source : sources_) {
    if (source == kStandardInput) continue;
    std::error_code error;
    const bool is_file = IsManifestName(std::filesystem::path(source).filename().string()) ||
                         std::filesystem::is_regular_file(source, error);
    if (!is_file) {
      folders.push_back(source);
      continue;
    }
    const std::filesystem::path parent = std::filesystem::path(source).parent_path();
    folders.push_back(parent.empty() ? "." : parent.string());
  }
  return folders;
}

bool Manifests::Matters(std::string_view file_name) const {
  if (IsManifestName(file_name)) return true;
  return std::any_of(sources_.begin(), sources_.end(), [file_name](const std::string& source) {
    return std::filesystem::path(source).filename().string() == file_name;
  });
}

}  // namespace kubediag::cli
