// PartialFile: a file that appears under its name only when it is whole.
//
// Not thread-safe. Written under a hidden name beside it, removed again unless Commit() succeeds.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::cli {

class PartialFile {
 public:
  // `path`: a file that may be there, or "-" for standard output, which then gets all at once.
  // Errors name the path; FailedPrecondition: something is there that is no regular file.
  static Result<PartialFile> Create(const std::string& path);
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile();

  Status Write(std::string_view bytes);
  // Lower-case hexadecimal, of all that was written.
  Result<std::string> Sha256() const;
  Status Commit();

 private:
  PartialFile(std::string path, std::string hidden, UniqueFd file);

  std::string path_;    // empty: standard output
  std::string hidden_;  // empty: nothing to be removed
  UniqueFd file_;
};

}  // namespace kubediag::cli
