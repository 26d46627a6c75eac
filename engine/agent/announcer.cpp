#include "engine/agent/announcer.h"

#include <algorithm>
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
  size_t waiting = 0;
  bool is_away = false;
  for (auto& [uid, seen] : seen_) seen.present = false;
  for (const kube::ObjectPtr& object : parts_.cache.List()) {
    if (stop.stop_requested()) return;
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object->object);
    if (diagnosis == nullptr || !object->problem.empty()) continue;
    const std::string& uid = diagnosis->metadata.uid;
    // By whoever thought us lost; or by the run itself, which then does not mind.
    if (api::HasEnded(diagnosis->status.phase)) {
      parts_.runs.Cancel(uid, diagnosis::CancelCause::kTakenAway);
    } else if (const auto cause = CauseToEnd(*diagnosis); cause != diagnosis::CancelCause::kNone) {
      // The watch does not tell of it again where a write of the run was made on top of it.
      parts_.runs.Cancel(uid, cause);
    }
    if (!Waits(*diagnosis)) continue;
    ++waiting;
    const kube::Clock::TimePoint now = parts_.clock.Now();
    seen_.try_emplace(uid, Seen{.first = now, .heartbeat = now, .next_try = now})
        .first->second.present = true;
    if (!is_away) is_away = Look(uid).code() == StatusCode::kUnavailable;
    Step();
  }
  std::erase_if(seen_, [](const auto& entry) { return !entry.second.present; });
  parts_.metrics.queue_length.Set(static_cast<double>(waiting));
  parts_.metrics.viewers.Set(static_cast<double>(parts_.executor.viewers().Count()));
  Step();
}

bool Announcer::Waits(const api::Diagnosis& diagnosis) const {
  return !parts_.runs.Has(diagnosis.metadata.uid) &&
         NextStep(diagnosis, {.node_name = parts_.node_name}) == Step::kRun;
}

Status Announcer::Look(const std::string& uid) {
  // As it is now: a turn over thousands takes its time.
  const kube::ObjectPtr object = parts_.cache.Find(uid);
  if (object == nullptr) return Status::Ok();
  const auto& diagnosis = std::get<api::Diagnosis>(object->object);
  const kube::Clock::TimePoint now = parts_.clock.Now();
  Seen& seen = seen_.at(uid);
  const bool due = now - seen.heartbeat >= kHeartbeatInterval;
  const bool told = api::IsConditionTrue(diagnosis.status.conditions, api::kConditionQueued);
  const bool tells = due || (!told && now - seen.first >= kQueuedAfter);
  if (!tells || now < seen.next_try || !Waits(diagnosis) || IsAnothers(diagnosis)) {
    return Status::Ok();
  }
  // Each time anew: the reason may be another one by now.
  const auto waiting = parts_.waiting.Find(uid);
  const std::string why =
      waiting ? waiting->message
              : std::to_string(parts_.concurrency) + " diagnoses run at once on this node";
  Status written = TellQueued(diagnosis, why);
  if (written.ok()) {
    seen.heartbeat = now;
    seen.pause = {};
    return written;
  }
  seen.pause =
      std::clamp<kube::Clock::Duration>(2 * seen.pause, kAnnounceInterval, kHeartbeatInterval);
  seen.next_try = now + seen.pause;
  parts_.logger.Debug("that it waits was not written",
                      {{"namespace", diagnosis.metadata.namespace_name},
                       {"name", diagnosis.metadata.name},
                       {"uid", uid},
                       {"error", written.message()}});
  return written;
}

// Its agent has to say how it is, not we.
bool Announcer::IsAnothers(const api::Diagnosis& diagnosis) const {
  return diagnosis.status.phase == api::Phase::kRunning && diagnosis.status.claim &&
         diagnosis.status.claim->instance != parts_.instance &&
         !parts_.executor.CanResume(diagnosis.metadata.uid);
}

Status Announcer::TellQueued(api::Diagnosis diagnosis, const std::string& message) {
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
  return parts_.store.WriteStatus(diagnosis);
}

}  // namespace kubediag::agent
