#include "engine/diagnosis/status.h"

#include <algorithm>

#include "engine/api/conditions.h"
#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::diagnosis {
namespace {

constexpr size_t kMaxNamedFailures = 5;

void Set(api::DiagnosisStatus& status, const char* type, bool is_true, std::string reason,
         std::string message, api::Time now) {
  api::SetCondition(status.conditions,
                    {.type = type,
                     .status = is_true ? api::kConditionTrue : api::kConditionFalse,
                     .last_transition_time = now,
                     .reason = std::move(reason),
                     .message = std::move(message)},
                    now);
}

std::string Sentence(const api::OperationOutcome& failure) {
  return std::to_string(failure.id) + " " + failure.operation + ": " + failure.message;
}

}  // namespace

void SetRunning(api::DiagnosisStatus& status, const std::string& node_name,
                const std::string& instance, const std::string& set_hash, api::Time now) {
  status.phase = api::Phase::kRunning;
  if (!status.start_time) status.start_time = now;
  status.claim = {.instance = instance, .time = now, .operation_set_hash = set_hash};
  if (api::IsConditionTrue(status.conditions, api::kConditionQueued)) {
    Set(status, api::kConditionQueued, false, "Claimed", "it runs", now);
  }
  Set(status, api::kConditionAccepted, true, api::kReasonDiagnosisAccepted,
      "Diagnosis is accepted by agent on node " + node_name, now);
}

void SetSucceeded(api::DiagnosisStatus& status, const std::string& message, api::Time now) {
  status.phase = api::Phase::kSucceeded;
  status.completion_time = now;
  status.message = Shorten(message, kMaxMessageBytes);
  Set(status, api::kConditionComplete, true, api::kReasonDiagnosisComplete,
      "Diagnosis is completed", now);
  Set(status, api::kConditionFinished, true, kReasonSucceeded, status.message, now);
}

void SetServing(api::DiagnosisStatus& status, bool serving, const std::string& reason,
                const std::string& message, api::Time now) {
  Set(status, api::kConditionServing, serving, reason, message, now);
}

Status CheckWaited(const api::Diagnosis& diagnosis, std::chrono::nanoseconds waited) {
  const auto& timeout = diagnosis.spec.timeout_seconds;
  if (!timeout || std::chrono::duration_cast<seconds>(waited).count() < *timeout) {
    return Status::Ok();
  }
  return Status::DeadlineExceeded("spec.timeoutSeconds (" + std::to_string(*timeout) +
                                  " s) passed before it could run")
      .WithReason(kReasonDeadlineExceeded);
}

Status FailureOf(const std::vector<api::OperationOutcome>& failures) {
  if (failures.empty()) return Status::Internal("it failed without an operation having failed");
  const api::OperationOutcome& last = failures.back();
  const bool alike = std::all_of(failures.begin(), failures.end(), [&last](const auto& failure) {
    return failure.reason == last.reason;
  });
  const bool not_found = last.reason == api::kConditionOperationNotFound;
  const std::string reason = alike || not_found ? last.reason : kReasonAllPathsFailed;
  if (failures.size() == 1) {
    return Status::FailedPrecondition("operation " + Sentence(last)).WithReason(reason);
  }
  std::string message = "no path succeeded; operation ";
  for (size_t i = 0; i < std::min(failures.size(), kMaxNamedFailures); ++i) {
    if (i > 0) message += "; ";
    message += Shorten(Sentence(failures[i]), kMaxMessageBytes / (kMaxNamedFailures + 1));
  }
  if (failures.size() > kMaxNamedFailures) {
    message += "; and " + std::to_string(failures.size() - kMaxNamedFailures) + " more";
  }
  return Status::FailedPrecondition(message).WithReason(reason);
}

}  // namespace kubediag::diagnosis
