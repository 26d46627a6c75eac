#include "engine/agent/announcer.h"

#include <utility>
#include <variant>

#include "engine/agent/next_step.h"
#include "engine/api/conditions.h"
#include "engine/api/time.h"
#include "engine/core/limits.h"

namespace kubediag::agent {

void Announcer::Run(const std::stop_token& stop) {
  while (parts_.clock.Sleep(kAnnounceInterval, stop)) Announce();
}

void Announcer::Announce() {
  const kube::Clock::TimePoint now = parts_.clock.Now();
  for (auto& [uid, seen] : seen_) seen.present = false;
  for (const kube::ObjectPtr& object : parts_.cache.List()) {
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object->object);
    if (diagnosis != nullptr && object->problem.empty()) Look(*diagnosis, now);
  }
  std::erase_if(seen_, [](const auto& entry) { return !entry.second.present; });
}

void Announcer::Look(const api::Diagnosis& diagnosis, kube::Clock::TimePoint now) {
  const std::string& uid = diagnosis.metadata.uid;
  const bool running = parts_.runs.Has(uid);
  const bool waits = !running && NextStep(diagnosis, {.node_name = parts_.node_name}) == Step::kRun;
  if (!running && !waits) return;
  const auto [place, is_new] = seen_.try_emplace(uid, Seen{.first = now, .heartbeat = now});
  Seen& seen = place->second;
  seen.present = true;
  if (is_new) return;
  if (waits && now - seen.first >= kQueuedAfter &&
      !api::IsConditionTrue(diagnosis.status.conditions, api::kConditionQueued)) {
    const auto waiting = parts_.waiting.Find(uid);
    const std::string why =
        waiting ? waiting->message
                : std::to_string(parts_.concurrency) + " diagnoses run at once on this node";
    if (TellQueued(diagnosis, why)) seen.heartbeat = now;
    return;
  }
  if (now - seen.heartbeat < kHeartbeatInterval) return;
  seen.heartbeat = now;
  Beat(diagnosis);
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
  current->status.heartbeat_time = api::Now();
  if (const Status written = parts_.store.WriteStatus(*current); !written.ok()) {
    parts_.logger.Debug("heartbeat not written", {{"namespace", metadata.namespace_name},
                                                  {"name", metadata.name},
                                                  {"uid", metadata.uid},
                                                  {"error", written.message()}});
  }
}

}  // namespace kubediag::agent
