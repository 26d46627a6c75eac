// Where the parts of an installation are, found from the running program itself: the build tree has
// the same shape. Thread-safe.
#pragma once

#include <string>

#include "engine/core/result.h"

namespace kubediag::cli {

struct ProgramPaths {
  std::string bin;         // of this program and of kubediag-X
  std::string libexec;     // <prefix>/libexec/kubediag
  std::string operations;  // <prefix>/lib/kubediag/operations

  static Result<ProgramPaths> Find();
};

// /var/lib/kubediag for root, $XDG_STATE_HOME/kubediag or ~/.local/state/kubediag otherwise.
// FailedPrecondition if the environment names no home.
Result<std::string> DefaultDataRoot();

}  // namespace kubediag::cli
