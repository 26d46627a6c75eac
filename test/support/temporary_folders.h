// Where tests put what they leave on disk: each test program has a folder of its own, and TMPDIR
// and TEST_TMPDIR name it, so a program that is killed leaves nothing that the next one does not
// remove.
//
// <temporary folder>/kubediag-tests-<uid>/XXXXXX, locked as long as its program lives. Linked into
// every test program; no test has to ask for it.
#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include "engine/core/unique_fd.h"

namespace kubediag::testing {

class ProgramFolder {
 public:
  // Null if `base` cannot hold one, or somebody else's folder is in the way.
  static std::unique_ptr<ProgramFolder> Make(const std::filesystem::path& base);
  ~ProgramFolder();  // removes it
  ProgramFolder(const ProgramFolder&) = delete;
  ProgramFolder& operator=(const ProgramFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  ProgramFolder(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace kubediag::testing
