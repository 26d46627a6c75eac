#include "engine/agent/next_step.h"

#include "engine/api/conditions.h"

namespace kubediag::agent {

Step NextStep(const api::Diagnosis& diagnosis, const Knowledge& knowledge) {
  if (diagnosis.spec.node_name != knowledge.node_name || knowledge.running) return Step::kNothing;
  const bool leaving = diagnosis.metadata.deletion_timestamp.has_value();
  switch (diagnosis.status.phase) {
    case api::Phase::kNone:
    case api::Phase::kPending:
      return leaving || diagnosis.spec.suspend ? Step::kNothing : Step::kRun;
    case api::Phase::kRunning:
      // A claim of this very process whose run has ended without a word: its journal tells.
      return leaving ? Step::kNothing : Step::kRun;
    case api::Phase::kSucceeded:
    case api::Phase::kFailed: {
      const bool serves = api::IsConditionTrue(diagnosis.status.conditions, api::kConditionServing);
      const bool ours =
          diagnosis.status.claim && diagnosis.status.claim->instance == knowledge.instance;
      return serves && !ours && !leaving && !knowledge.restored ? Step::kRestore : Step::kNothing;
    }
    case api::Phase::kUnknown:  // KubeDiag: never set; nothing is known of it
      break;
  }
  return Step::kNothing;
}

diagnosis::CancelCause CauseToEnd(const api::Diagnosis& diagnosis) {
  if (diagnosis.metadata.deletion_timestamp) return diagnosis::CancelCause::kDeleted;
  return diagnosis.spec.suspend ? diagnosis::CancelCause::kSuspended
                                : diagnosis::CancelCause::kNone;
}

}  // namespace kubediag::agent
