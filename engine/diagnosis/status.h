// The status of a Diagnosis at the turns of its life: phases, conditions, reasons and the one
// sentence for people, as KubeDiag 0.2 has them and with our additions. Pure functions on values.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/api/diagnosis_status.h"
#include "engine/api/objects.h"
#include "engine/core/result.h"

namespace kubediag::diagnosis {

using api::HasEnded;
using api::SetFailed;

// Running, condition Accepted, claim, startTime unless it has one.
void SetRunning(api::DiagnosisStatus& status, const std::string& node_name,
                const std::string& instance, const std::string& set_hash, api::Time now);

// Succeeded, conditions Complete and Finished.
void SetSucceeded(api::DiagnosisStatus& status, const std::string& message, api::Time now);

// Condition Serving.
void SetServing(api::DiagnosisStatus& status, bool serving, const std::string& reason,
                const std::string& message, api::Time now);

// Why a run failed whose operations failed as `failures` say, in the order they ended: their common
// reason, or AllPathsFailed; OperationNotFound if that is what the last one failed of.
Status FailureOf(const std::vector<api::OperationOutcome>& failures);

// DeadlineExceeded if one that has not begun has waited for as long as its spec.timeoutSeconds.
Status CheckWaited(const api::Diagnosis& diagnosis, std::chrono::nanoseconds waited);

// Cuts what is least missed until the encoded status has at most `max_bytes`: failedPaths, then
// messages, then outcomes of operations, then the succeeded path, then artifacts (of which there
// are at most kMaxListedArtifacts). Says so in condition Truncated.
void FitStatus(api::DiagnosisStatus& status, size_t max_bytes, api::Time now);

}  // namespace kubediag::diagnosis
