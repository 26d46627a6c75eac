// Manifests: the files that -f names, read and checked together.
//
// FILE is YAML or JSON of any number of documents; DIR means its *.yaml, *.yml and *.json, by name,
// not those of folders inside, and regular files only (a pipe may be named itself); "-" is standard
// input. Not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/decode.h"
#include "engine/core/result.h"

namespace kubediag::cli {

struct ObjectSet {
  std::vector<api::DecodedObject> objects;   // in the order of the files
  std::vector<api::Diagnostic> diagnostics;  // likewise
  std::vector<Status> unreadable;            // what could not be read at all
  bool being_written = false;                // a file was left out because somebody writes it
  std::map<std::string, size_t> file_order;  // by the names in `diagnostics`

  bool ok() const { return unreadable.empty() && !api::HasErrors(diagnostics); }
};

// By file as given, then by place: checks run one after the other over all files.
void SortByPlace(ObjectSet& set);

class Manifests {
 public:
  explicit Manifests(std::vector<std::string> sources) : sources_(std::move(sources)) {}

  // Reads everything anew (standard input only the first time): syntax, types, rules of each
  // object, and of the graphs.
  ObjectSet Read();

  // For watching: a folder that is missing or empty, and a file that is missing or being written,
  // are no error but come later.
  void AllowLateFiles() { late_files_ = true; }
  // The folders whose changes matter.
  std::vector<std::string> Folders() const;
  // True for the name of a file that Read() would take from one of them.
  bool Matters(std::string_view file_name) const;

 private:
  Result<std::vector<std::string>> FilesOf(const std::string& source, ObjectSet& set) const;
  // Null for a file that comes later.
  std::optional<Result<std::string>> ReadSource(const std::string& path, ObjectSet& set);

  std::vector<std::string> sources_;
  std::optional<std::string> standard_input_;
  bool late_files_ = false;
};

}  // namespace kubediag::cli
