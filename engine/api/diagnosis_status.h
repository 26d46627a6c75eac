// How a Diagnosis waits and how it fails, wherever that is decided: on its node, or by the
// controller. Phases, conditions, reasons and the one sentence for people, as KubeDiag 0.2 has them
// and with our additions. Pure functions on values.
#pragma once

#include "engine/api/objects.h"
#include "engine/core/status.h"

namespace kubediag::api {

bool HasEnded(Phase phase);

// Pending, startTime unless it has one. False if it is like that already.
bool SetPending(DiagnosisStatus& status, Time now);

// Failed with the failure's reason, condition Finished, and the condition KubeDiag has for some.
void SetFailed(DiagnosisStatus& status, const Status& failure, Time now);

}  // namespace kubediag::api
