#include "engine/agent/announcer.h"

#include <utility>
#include <variant>

#include "engine/agent/next_step.h"
#include "engine/api/conditions.h"
#include "engine/api/diagnosis_status.h"
#include "engine/api/time.h"
#include "engine/core/limits.h"

namespace kubediag::agent {

void Announcer::Run(const std::stop_token& stop) {
  while (parts_.clock.Sleep(kAnnounceInterval, stop)) Announce(stop);
}

void Announcer::Announce(const std::stop_token& stop) {
  const kube::Clock::TimePoint now = parts_.clock.Now();
  size_t waiting = 0;
  for (auto& [uid, seen] : seen_) seen.present = false;
  for (const kube::ObjectPtr& object : parts_.cache.List()) {
    if (stop.stop_requested()) return;
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object->object);
    if (diagnosis == nullptr || !object->problem.empty()) continue;
    if (Look(*diagnosis, now)) ++waiting;
  }
  std::erase_if(seen_, [](const auto& entry) { return !entry.second.present; });
  parts_.metrics.queue_length.Set(static_cast<double>(waiting));
  parts_.metrics.viewers.Set(static_cast<double>(parts_.executor.viewers().Count()));
}

bool Announcer::Look(const api::Diagnosis& diagnosis, kube::Clock::TimePoint now) {
  const std::string& uid = diagnosis.metadata.uid;
  const bool running = parts_.runs.Has(uid);
  const bool waits = !running && NextStep(diagnosis, {.node_name = parts_.node_name}) == Step::kRun;
  if (!running && !waits) return false;
  const auto [place, is_new] = seen_.try_emplace(uid, Seen{.first = now, .heartbeat = now});
  Seen& seen = place->second;
  seen.present = true;
  if (is_new) return waits;
  const bool due = now - seen.heartbeat >= kHeartbeatInterval;
  const bool told = api::IsConditionTrue(diagnosis.status.conditions, api::kConditionQueued);
  const bool tells = waits && (due || (!told && now - seen.first >= kQueuedAfter));
  if (!tells && !due) return waits;
  if (waits && IsAnothers(diagnosis)) return waits;
  if (tells) {
    // Each time anew: the reason may be another one by now.
    const auto waiting = parts_.waiting.Find(uid);
    const std::string why =
        waiting ? waiting->message
                : std::to_string(parts_.concurrency) + " diagnoses run at once on this node";
    if (TellQueued(diagnosis, why)) seen.heartbeat = now;
    return waits;
  }
  seen.heartbeat = now;
  Beat(diagnosis);
  return waits;
}

// Its agent has to say how it is, not we.
bool Announcer::IsAnothers(const api::Diagnosis& diagnosis) const {
  return diagnosis.status.phase == api::Phase::kRunning && diagnosis.status.claim &&
         diagnosis.status.claim->instance != parts_.instance &&
         !parts_.executor.CanResume(diagnosis.metadata.uid);
}

bool Announcer::TellQueued(api::Diagnosis diagnosis, const std::string& message) {
  const api::Time now = api::Now();
  if (diagnosis.status.phase == api::Phase::kNone) diagnosis.status.phase = api::Phase::kPending;
  if (!diagnosis.status.start_time) diagnosis.status.start_time = now;
  diagnosis.status.heartbeat_time = now;
  api::SetCondition(diagnosis.status.conditions,
                    {.type = api::kConditionQueued,
                     .status = api::kConditionTrue,
                     .last_transition_time = now,
                     .reason = api::kConditionQueued,
                     .message = "waits on node " + parts_.node_name + ": " + message},
                    now);
  // A conflict: it has been claimed or changed meanwhile.
  return parts_.store.WriteStatus(diagnosis).ok();
}

void Announcer::Beat(const api::Diagnosis& diagnosis) {
  const api::ObjectMeta& metadata = diagnosis.metadata;
  Result<api::Diagnosis> current =
      parts_.store.GetDiagnosis(metadata.namespace_name, metadata.name);
  if (!current.ok() || current->metadata.uid != metadata.uid) return;
  if (api::HasEnded(current->status.phase)) {
    // By whoever thought us lost; or by the run itself, which then does not mind.
    return parts_.runs.Cancel(metadata.uid, diagnosis::CancelCause::kTakenAway);
  }
  current->status.heartbeat_time = api::Now();
  if (const Status written = parts_.store.WriteStatus(*current); !written.ok()) {
    parts_.logger.Debug("heartbeat not written", {{"namespace", metadata.namespace_name},
                                                  {"name", metadata.name},
                                                  {"uid", metadata.uid},
                                                  {"error", written.message()}});
  }
}

}  // namespace kubediag::agent
