// ModuleCopies: our own copies of modules, <directory>/<sha256>.so. Only these are ever loaded: the
// original may be overwritten or truncated while it is mapped, a copy never changes.
//
// Several processes may share a directory (an agent and some `kubediag run`): each holds a shared
// lock on it for as long as it may start a copy, and one on each copy that it refers to.
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

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
    std::shared_ptr<const void> lease;  // the copy is not removed as long as this lives
  };
  // Copies all of `source` (at most kMaxModuleBytes). The copy's content is exactly what was
  // hashed, mode 0555, put in place by rename, or an equal one that is there already. A directory
  // that somebody has removed is made again, but not the data root that it was in. `name` is for
  // messages.
  Result<Copy> Add(int source, const std::string& name);

  // The copy that was at `path`, perhaps in an earlier process, if its content is still what its
  // name says. NotFound otherwise.
  Result<Copy> Recall(const std::string& path);

  // Whether nobody has removed the copy at `path`.
  static bool IsThere(const std::string& path);

  struct Pruned {
    std::vector<std::string> removed;  // SHA-256 of each
    size_t leased = 0;                 // copies of ours that are still referred to
  };
  // Removes the copies of ours that no lease refers to any more, and those that others have left
  // for longer than kModuleCopyAge, unless another process refers to them.
  Pruned Prune();

 private:
  struct State;
  ModuleCopies(std::string path, UniqueFd directory, UniqueFd lock);
  Result<UniqueFd> Renew();
  Status Adopt(Copy& copy, const std::string& temporary, UniqueFd fd);
  std::shared_ptr<const void> LeaseOf(const std::string& sha256, UniqueFd fd);

  std::string path_;
  UniqueFd directory_;  // it and lock_ under the mutex, for Add() may renew them
  UniqueFd lock_;
  std::shared_ptr<State> state_;
};

}  // namespace kubediag::catalog
