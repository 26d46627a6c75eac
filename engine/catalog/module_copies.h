// ModuleCopies: our own copies of modules, <directory>/<sha256>.so. Only these are ever loaded: the
// original may be overwritten or truncated while it is mapped, a copy never changes.
//
// Several processes may share a directory (an agent and some `kubediag run`): each holds a shared
// lock on it for as long as it may start a copy. Thread-safe.
#pragma once

#include <string>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::catalog {

class ModuleCopies {
 public:
  // Makes the directory (0700) if needed and locks it. Copies that nobody has made anew for
  // kModuleCopyAge are removed if no other process uses the directory.
  static Result<ModuleCopies> Open(const std::string& directory);

  struct Copy {
    std::string sha256;
    std::string path;
  };
  // Copies all of `source` (at most kMaxModuleBytes). The copy's content is exactly what was
  // hashed, mode 0555, put in place by rename. `name` is for messages.
  Result<Copy> Add(int source, const std::string& name) const;

 private:
  ModuleCopies(std::string path, UniqueFd directory, UniqueFd lock);

  std::string path_;
  UniqueFd directory_;
  UniqueFd lock_;
};

}  // namespace kubediag::catalog
