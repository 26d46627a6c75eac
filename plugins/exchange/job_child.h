// Running a program as part of a job: it ends with the job, at its deadline or when it is
// cancelled, together with everything it has started.
#pragma once

#include <kubediag/job.h>
#include <kubediag/outcome.h>

#include <string>

#include "engine/core/deadline.h"
#include "engine/core/status.h"
#include "engine/process/capture.h"
#include "engine/process/command.h"

namespace kubediag::exchange {

Deadline DeadlineOf(const Job& job);

// The same failure for the engine. `prefix` (may be empty) goes before the message with ": ".
Failure ToFailure(const Status& status, const std::string& prefix = "");

// Runs `command` in a process group of its own. `what` names it in messages ("script disk-usage").
// Throws Failure: "ProgramNotStarted", "OperationTimeout" or "Cancelled".
process::Completed RunWithin(const Job& job, process::Command command, process::RunOptions options,
                             const std::string& what);

}  // namespace kubediag::exchange
