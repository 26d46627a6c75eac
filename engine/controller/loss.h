// When a Diagnosis counts as lost, and what its status says then. Pure functions.
#pragma once

#include <optional>

#include "engine/api/objects.h"
#include "engine/controller/node_directory.h"
#include "engine/core/status.h"
#include "engine/kube/clock.h"

namespace kubediag::controller {

// Whether an agent ought to be at work on it, or about to: it has a node and has not ended. One
// that is suspended before it runs waits for people, one that is being deleted for nobody.
bool IsInAgentsHands(const api::Diagnosis& diagnosis);

// For one in an agent's hands. Its agent writes at least every kHeartbeatInterval, so its status
// says how the agent is; `unchanged` is for how long it has not changed. nullopt: not lost.
std::optional<Status> LossOf(const api::Diagnosis& diagnosis, kube::Clock::Duration unchanged,
                             NodeState node);

// Failed; so are the operations that were running.
void SetLost(api::DiagnosisStatus& status, const Status& loss, api::Time now);

}  // namespace kubediag::controller
