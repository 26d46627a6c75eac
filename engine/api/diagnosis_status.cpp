#include "engine/api/diagnosis_status.h"

#include <array>
#include <string>
#include <string_view>

#include "engine/api/conditions.h"
#include "engine/core/limits.h"
#include "engine/core/utf8.h"

namespace kubediag::api {
namespace {

// Conditions that KubeDiag sets besides phase Failed; type and reason are the same.
constexpr std::array<std::string_view, 4> kFailureConditions = {
    kConditionOperationSetNotFound, kConditionOperationSetNotReady, kConditionOperationSetChanged,
    kConditionOperationNotFound};

void Set(DiagnosisStatus& status, std::string_view type, const char* value,
         const std::string& reason, Time now) {
  SetCondition(status.conditions,
               {.type = std::string(type),
                .status = value,
                .last_transition_time = now,
                .reason = reason,
                .message = status.message},
               now);
}

}  // namespace

bool HasEnded(Phase phase) { return phase == Phase::kSucceeded || phase == Phase::kFailed; }

bool SetPending(DiagnosisStatus& status, Time now) {
  if (status.phase == Phase::kPending && status.start_time) return false;
  status.phase = Phase::kPending;
  if (!status.start_time) status.start_time = now;
  return true;
}

void SetFailed(DiagnosisStatus& status, const Status& failure, Time now) {
  status.phase = Phase::kFailed;
  if (!status.start_time) status.start_time = now;
  status.completion_time = now;
  status.message = Shorten(failure.message(), kMaxMessageBytes);
  status.succeeded_path.clear();
  for (const std::string_view type : kFailureConditions) {
    if (failure.reason() == type) Set(status, type, kConditionTrue, failure.reason(), now);
  }
  if (IsConditionTrue(status.conditions, kConditionQueued)) {
    Set(status, kConditionQueued, kConditionFalse, failure.reason(), now);
  }
  Set(status, kConditionFinished, kConditionTrue, failure.reason(), now);
}

}  // namespace kubediag::api
