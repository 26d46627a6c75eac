// One call of `kubediag run`, from reading the files to the exit status.
#pragma once

#include "engine/cli/run_options.h"

namespace kubediag::cli {

// Runs until all is done, or with `watch` until a signal. Returns the exit status.
int RunSession(RunOptions options);

}  // namespace kubediag::cli
