// Sources: the files of a function in the run's own folder, for as long as the run needs them.
// Owns the files, borrows the folder's descriptor. Not thread-safe.
#pragma once

#include <kubediag/job.h>

#include <string>
#include <vector>

#include "engine/core/status.h"

namespace kubediag::function_runner {

class Sources {
 public:
  explicit Sources(int directory_fd) : directory_fd_(directory_fd) {}
  ~Sources();
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  // Writes every setting code_source/FILE. InvalidArgument, reason CodeSourceInvalid, for a name
  // that is not a plain file name, and if function.py is not among them.
  Status Write(const Values& settings);

 private:
  int directory_fd_;
  std::vector<std::string> names_;
};

}  // namespace kubediag::function_runner
