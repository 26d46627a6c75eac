#include "engine/agent/announcer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/agent/next_step.h"
#include "engine/api/conditions.h"
#include "engine/api/diagnosis_status.h"
#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/events.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"

namespace kubediag::agent {

void Announcer::Run(const std::stop_token& stop) {
  while (parts_.clock.Sleep(kAnnounceInterval, stop)) Announce(stop);
}

void Announcer::Announce(const std::stop_token& stop) {
  size_t waiting = 0;
  bool is_away = false;
  EndRuns();
  for (auto& [uid, seen] : seen_) seen.present = false;
  for (const kube::ObjectPtr& object : parts_.cache.List()) {
    if (stop.stop_requested()) return;
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object->object);
    if (diagnosis == nullptr || !object->problem.empty()) continue;
    const std::string& uid = diagnosis->metadata.uid;
    const bool waits = Waits(*diagnosis);
    if (!waits && !LacksSuspension(*diagnosis)) continue;
    if (waits) ++waiting;
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

// The watch does not tell of a change again where a write of the run was made on top of it.
void Announcer::EndRuns() {
  for (const auto& [uid, key] : parts_.runs.List()) {
    const kube::ObjectPtr object = parts_.cache.Find(uid);
    const auto* diagnosis =
        object == nullptr ? nullptr : std::get_if<api::Diagnosis>(&object->object);
    if (diagnosis == nullptr) continue;
    if (api::HasEnded(diagnosis->status.phase)) {
      // By whoever thought us lost; or by the run itself, which then does not mind.
      parts_.runs.Cancel(uid, diagnosis::CancelCause::kTakenAway);
    } else if (const auto cause = CauseToEnd(*diagnosis); cause != diagnosis::CancelCause::kNone) {
      parts_.runs.Cancel(uid, cause);
    }
  }
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
  if (now < seen.next_try) return Status::Ok();
  const std::optional<Status> told = Tell(diagnosis, seen, now);
  if (!told) return Status::Ok();
  const Status& written = *told;
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

// Nullopt: there is nothing to be written now.
std::optional<Status> Announcer::Tell(const api::Diagnosis& diagnosis, const Seen& seen,
                                      kube::Clock::TimePoint now) {
  if (LacksSuspension(diagnosis)) return TellSuspended(diagnosis);
  if (!Waits(diagnosis) || IsAnothers(diagnosis)) return std::nullopt;
  const std::string& uid = diagnosis.metadata.uid;
  // All workers may be at runs that take longer than this one is to wait.
  if (diagnosis.status.phase != api::Phase::kRunning) {
    const Status in_time =
        diagnosis::CheckWaited(diagnosis, now - parts_.waiting.ArrivalOf(uid).value_or(seen.first));
    if (!in_time.ok()) return Fail(diagnosis, in_time);
  }
  const bool due = now - seen.heartbeat >= kHeartbeatInterval;
  const bool told = api::IsConditionTrue(diagnosis.status.conditions, api::kConditionQueued);
  if (!due && (told || now - seen.first < kQueuedAfter)) return std::nullopt;
  // Each time anew: the reason may be another one by now.
  const auto waiting = parts_.waiting.Find(uid);
  return TellQueued(diagnosis, waiting ? waiting->message
                                       : std::to_string(parts_.concurrency) +
                                             " diagnoses run at once on this node");
}

// Held back before it began, and its status does not say so.
bool Announcer::LacksSuspension(const api::Diagnosis& diagnosis) const {
  const api::Phase phase = diagnosis.status.phase;
  if (phase != api::Phase::kNone && phase != api::Phase::kPending) return false;
  if (!diagnosis.spec.suspend || diagnosis.metadata.deletion_timestamp ||
      diagnosis.spec.node_name != parts_.node_name || parts_.runs.Has(diagnosis.metadata.uid)) {
    return false;
  }
  const api::Condition* queued =
      api::FindCondition(diagnosis.status.conditions, api::kConditionQueued);
  return queued == nullptr || queued->status != api::kConditionFalse ||
         queued->reason != diagnosis::kReasonSuspended;
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
  return Write(diagnosis);
}

Status Announcer::TellSuspended(api::Diagnosis diagnosis) {
  const api::Time now = api::Now();
  api::SetCondition(diagnosis.status.conditions,
                    {.type = api::kConditionQueued,
                     .status = api::kConditionFalse,
                     .last_transition_time = now,
                     .reason = diagnosis::kReasonSuspended,
                     .message = "it does not start while spec.suspend is true"},
                    now);
  return Write(diagnosis);
}

Status Announcer::Fail(api::Diagnosis diagnosis, const Status& failure) {
  diagnosis::SetFailed(diagnosis.status, failure, api::Now());
  KUBEDIAG_RETURN_IF_ERROR(Write(diagnosis));
  parts_.metrics.CountEnd(diagnosis);
  parts_.store.RecordEvent(diagnosis, {.type = store::EventType::kWarning,
                                       .reason = diagnosis::kEventDiagnosisFailed,
                                       .message = failure.reason() + ": " + failure.message()});
  return Status::Ok();
}

// A conflict: it has been claimed or changed meanwhile.
Status Announcer::Write(api::Diagnosis& diagnosis) {
  // Thousands of writes take minutes: what is to end a run is not to wait for the next turn.
  EndRuns();
  return parts_.store.WriteStatus(diagnosis);
}

}  // namespace kubediag::agent
