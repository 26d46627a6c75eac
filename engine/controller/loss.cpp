#include "engine/controller/loss.h"

#include <string>
#include <string_view>

#include "engine/api/diagnosis_status.h"
#include "engine/controller/reasons.h"
#include "engine/core/limits.h"

namespace kubediag::controller {
namespace {

// Phases of an operation's outcome.
constexpr std::string_view kRunning = "Running";
constexpr char kFailed[] = "Failed";

Status Lost(std::string message) {
  return Status(StatusCode::kUnavailable, kReasonNodeLost, std::move(message));
}

}  // namespace

bool IsInAgentsHands(const api::Diagnosis& diagnosis) {
  if (diagnosis.spec.node_name.empty() || diagnosis.metadata.deletion_timestamp) return false;
  switch (diagnosis.status.phase) {
    case api::Phase::kNone:
    case api::Phase::kPending:
      return !diagnosis.spec.suspend;
    case api::Phase::kRunning:
      return true;
    case api::Phase::kSucceeded:
    case api::Phase::kFailed:
    case api::Phase::kUnknown:
      break;
  }
  return false;
}

std::optional<Status> LossOf(const api::Diagnosis& diagnosis, kube::Clock::Duration unchanged,
                             NodeState node) {
  const std::string& name = diagnosis.spec.node_name;
  if (node == NodeState::kGone && unchanged >= kNodeAskedAfter) {
    return Lost("node " + name + " is gone");
  }
  // An agent may serve a node that the cluster has no object for, and then it is heard of.
  if (node == NodeState::kAbsent && unchanged >= kNoNodeTimeout) {
    return Lost("there is no node " + name + ", nor was an agent of it heard of for " +
                std::to_string(kNoNodeTimeout.count()) + " s");
  }
  if (unchanged >= kSilenceTimeout) {
    return Lost("the agent of node " + name + " was not heard of for " +
                std::to_string(kSilenceTimeout.count()) + " s");
  }
  return std::nullopt;
}

void SetLost(api::DiagnosisStatus& status, const Status& loss, api::Time now) {
  for (api::OperationOutcome& outcome : status.operations) {
    if (outcome.phase != kRunning) continue;
    outcome.phase = kFailed;
    outcome.reason = loss.reason();
    outcome.message = loss.message();
    outcome.completion_time = now;
  }
  api::SetFailed(status, loss, now);
}

}  // namespace kubediag::controller
