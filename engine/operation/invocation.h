// Invoke: one call of an operation in this process, from the job to its outcome.
#pragma once

#include "engine/operation/cancel_timer.h"
#include "engine/operation/job.h"
#include "engine/operation/module_loader.h"
#include "engine/operation/run_context.h"
#include "engine/operation/runner.h"

namespace kubediag::operation {

// Runs (or restores, job.restore) the operation in the calling thread. `cancel` fires at the job's
// deadline, which this sets, or when the caller cancels. The outcome of an operation that serves
// goes to `sink` first; what is returned then is its end. NotFound in the outcome: the module has
// no such operation, or none that can be restored.
RunOutcome Invoke(const LoadedModule& module, const Job& job, CancelTimer& cancel, RunSink& sink);

}  // namespace kubediag::operation
