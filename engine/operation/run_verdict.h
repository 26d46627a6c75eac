// The outcomes that the runner, not the operation, pronounces.
#pragma once

#include "engine/operation/runner.h"

namespace kubediag::operation {

inline RunOutcome CancelledOutcome() {
  RunOutcome outcome;
  outcome.status = Status(StatusCode::kCancelled, "Cancelled", "the run was cancelled");
  return outcome;
}

inline RunOutcome TimeoutOutcome() {
  RunOutcome outcome;
  // Without words: who set the deadline knows what it was.
  outcome.status = Status(StatusCode::kDeadlineExceeded, "OperationTimeout", "");
  return outcome;
}

}  // namespace kubediag::operation
