#include "engine/controller/loss_watch.h"

#include <utility>
#include <variant>

#include "engine/api/time.h"
#include "engine/controller/loss.h"
#include "engine/controller/reasons.h"
#include "engine/core/limits.h"

namespace kubediag::controller {

void LossWatch::Run(const std::stop_token& stop) {
  while (parts_.clock.Sleep(kLossInterval, stop)) Look(stop);
}

void LossWatch::Look(const std::stop_token& stop) {
  const kube::Clock::TimePoint now = parts_.clock.Now();
  if (WasAway(now)) silence_.StartAnew();
  last_look_ = now;
  for (const kube::ObjectPtr& known : parts_.cache.List()) {
    if (stop.stop_requested()) return;
    const auto* diagnosis = std::get_if<api::Diagnosis>(&known->object);
    if (diagnosis != nullptr && IsInAgentsHands(*diagnosis)) Judge(*diagnosis, now, stop);
  }
  silence_.EndTurn();
}

// Either nobody could be heard, or this process itself did not run (a suspended machine).
bool LossWatch::WasAway(kube::Clock::TimePoint now) {
  if (now - parts_.last_contact() >= kContactTimeout) return true;
  return last_look_ && now - *last_look_ >= kContactTimeout;
}

void LossWatch::Judge(const api::Diagnosis& diagnosis, kube::Clock::TimePoint now,
                      const std::stop_token& stop) {
  const api::ObjectMeta& metadata = diagnosis.metadata;
  const kube::Clock::Duration unchanged =
      silence_.Note(metadata.uid, metadata.resource_version, now);
  if (unchanged < kNodeAskedAfter) return;
  const NodeState node = parts_.nodes.Look(diagnosis.spec.node_name, stop);
  if (const auto loss = LossOf(diagnosis, unchanged, node)) Fail(diagnosis, *loss);
}

void LossWatch::Fail(api::Diagnosis diagnosis, const Status& loss) {
  const api::ObjectMeta& metadata = diagnosis.metadata;
  SetLost(diagnosis.status, loss, api::Now());
  if (const Status written = parts_.store.WriteStatus(diagnosis); !written.ok()) {
    // It has changed, then it is not lost; or the next turn tries again.
    parts_.logger.Info("a lost diagnosis was not marked", {{"namespace", metadata.namespace_name},
                                                           {"name", metadata.name},
                                                           {"uid", metadata.uid},
                                                           {"error", written.message()}});
    return;
  }
  parts_.metrics.node_lost.Add();
  parts_.metrics.CountEnd(diagnosis);
  parts_.logger.Warning("diagnosis is lost", {{"namespace", metadata.namespace_name},
                                              {"name", metadata.name},
                                              {"uid", metadata.uid},
                                              {"node", diagnosis.spec.node_name},
                                              {"message", loss.message()}});
  parts_.events.Record({.resource = kube::kDiagnoses,
                        .namespace_name = metadata.namespace_name,
                        .name = metadata.name,
                        .uid = metadata.uid},
                       "WatchNode",
                       {.type = store::EventType::kWarning,
                        .reason = kEventDiagnosisFailed,
                        .message = loss.message()});
}

}  // namespace kubediag::controller
