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
  outcome.status = Status(StatusCode::kDeadlineExceeded, "OperationTimeout",
                          "the operation did not end before its deadline");
  return outcome;
}

}  // namespace kubediag::operation
