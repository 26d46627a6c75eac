#include "engine/agent/diagnosis_worker.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "engine/api/conditions.h"
#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/events.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"

namespace kubediag::agent {
namespace {

constexpr char kReasonInvalidDiagnosis[] = "InvalidDiagnosis";

}  // namespace

void DiagnosisWorker::Work(const std::stop_token& stop) {
  while (const std::optional<kube::ObjectKey> key = parts_.queue.Take(stop)) {
    Handle(*key);
    parts_.queue.Done(*key);
  }
}

void DiagnosisWorker::WorkRestores(const std::stop_token& stop) {
  while (const std::optional<kube::ObjectKey> key = parts_.restores.Take(stop)) {
    HandleRestore(*key, stop);
    parts_.restores.Done(*key);
  }
}

void DiagnosisWorker::Forget(const std::string& uid) {
  parts_.waiting.Forget(uid);
  const std::lock_guard lock(mutex_);
  restored_.erase(uid);
  foreign_.erase(uid);
}

bool DiagnosisWorker::WasRestored(const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  return restored_.contains(uid);
}

void DiagnosisWorker::Handle(const kube::ObjectKey& key) {
  const kube::ObjectPtr object = parts_.cache.Find(key);
  const auto* diagnosis =
      object == nullptr ? nullptr : std::get_if<api::Diagnosis>(&object->object);
  if (diagnosis == nullptr) return parts_.queue.Forget(key);
  const std::string& uid = diagnosis->metadata.uid;
  switch (StepFor(*diagnosis)) {
    case Step::kNothing:
      parts_.queue.Forget(key);
      if (!parts_.runs.Has(uid)) parts_.waiting.Forget(uid);
      return;
    case Step::kRun:
      if (!object->problem.empty()) {
        Reject(key, *diagnosis, object->problem);
      } else if (const auto rest = LeftToAnother(*diagnosis)) {
        parts_.queue.AddAfter(key, *rest);
      } else {
        RunOne(key, *diagnosis);
      }
      // Removed meanwhile: what was noted since that was heard of is of no use to anybody.
      if (parts_.cache.Find(uid) == nullptr) Forget(uid);
      return;
    case Step::kRestore:
      parts_.queue.Forget(key);
      return parts_.restores.Add(key);
  }
}

void DiagnosisWorker::HandleRestore(const kube::ObjectKey& key, const std::stop_token& stop) {
  const kube::ObjectPtr object = parts_.cache.Find(key);
  const auto* diagnosis =
      object == nullptr ? nullptr : std::get_if<api::Diagnosis>(&object->object);
  if (diagnosis != nullptr && StepFor(*diagnosis) == Step::kRestore) {
    return Restore(key, *diagnosis, stop);
  }
  parts_.restores.Forget(key);
}

Step DiagnosisWorker::StepFor(const api::Diagnosis& diagnosis) const {
  const std::string& uid = diagnosis.metadata.uid;
  return NextStep(diagnosis, {.node_name = parts_.node_name,
                              .instance = parts_.instance,
                              .running = parts_.runs.Has(uid),
                              .restored = WasRestored(uid)});
}

// A second agent may have been given the name of this node: what it is at work on is not ours to
// call interrupted. For how long yet, if it is so; by our own clock, and until it has not beaten.
std::optional<kube::Clock::Duration> DiagnosisWorker::LeftToAnother(
    const api::Diagnosis& diagnosis) {
  const std::string& uid = diagnosis.metadata.uid;
  const bool foreign = diagnosis.status.phase == api::Phase::kRunning && diagnosis.status.claim &&
                       diagnosis.status.claim->instance != parts_.instance &&
                       !parts_.executor.CanResume(uid);
  const std::lock_guard lock(mutex_);
  if (!foreign) {
    foreign_.erase(uid);
    return std::nullopt;
  }
  const kube::Clock::TimePoint now = parts_.clock.Now();
  const std::string& version = diagnosis.metadata.resource_version;
  const auto [known, is_new] = foreign_.try_emplace(uid, Foreign{version, now});
  if (known->second.resource_version != version) known->second = {version, now};
  const kube::Clock::Duration rest = known->second.since + kForeignClaimTimeout - now;
  if (is_new) {
    parts_.logger.Warning("diagnosis is left to another agent of this node's name",
                          {{"namespace", diagnosis.metadata.namespace_name},
                           {"name", diagnosis.metadata.name},
                           {"uid", uid},
                           {"instance", diagnosis.status.claim->instance}});
  }
  if (rest > kube::Clock::Duration::zero()) return rest;
  foreign_.erase(known);
  return std::nullopt;
}

void DiagnosisWorker::RunOne(const kube::ObjectKey& key, const api::Diagnosis& diagnosis) {
  const std::string& uid = diagnosis.metadata.uid;
  const kube::Clock::TimePoint now = parts_.clock.Now();
  const kube::Clock::Duration waited = now - parts_.waiting.Arrive(uid, now);
  const std::optional<Waiting> waiting = parts_.waiting.Find(uid);
  if (WaitsForPlace(key, waiting, !diagnosis::CheckWaited(diagnosis, waited).ok())) return;
  const std::shared_ptr<RunTable::Run> run = parts_.runs.Begin(uid, key);
  if (run == nullptr) return;
  const bool missing = waiting && waiting->reason == api::kConditionOperationSetNotFound;
  const bool patient = !missing || now - waiting->since < kObstacleTimeout;
  parts_.metrics.running.Add(1);
  RunObserver observer(parts_.metrics, parts_.logger, diagnosis);
  const Result<api::Diagnosis> result = parts_.executor.Run(
      diagnosis, run->cancellation, observer,
      patient ? diagnosis::Obstacles::kReturn : diagnosis::Obstacles::kReturnNoPlace, waited);
  parts_.metrics.running.Add(-1);
  if (result.ok()) {
    // The status writes have told the cache already; a run that did not begin tells nothing new.
    if (diagnosis::HasEnded(result->status.phase)) parts_.metrics.CountEnd(*result);
    parts_.waiting.Forget(uid);
    parts_.queue.Forget(key);
    parts_.runs.End(uid);
    return;
  }
  parts_.runs.End(uid);
  TakeError(key, diagnosis, result.status());
}

// Without asking anybody: many may wait, and for hours.
bool DiagnosisWorker::WaitsForPlace(const kube::ObjectKey& key,
                                    const std::optional<Waiting>& waiting, bool timed_out) {
  if (!waiting || waiting->reason != diagnosis::kReasonViewerLimit) return false;
  if (timed_out || parts_.executor.viewers().HasPlace()) return false;
  parts_.queue.AddAfter(key, kObstacleInterval);
  return true;
}

// What the API server let pass, and this engine cannot read, can never run.
void DiagnosisWorker::Reject(const kube::ObjectKey& key, api::Diagnosis diagnosis,
                             const std::string& problem) {
  diagnosis::SetFailed(diagnosis.status,
                       Status::InvalidArgument(problem).WithReason(kReasonInvalidDiagnosis),
                       api::Now());
  const Status written = parts_.store.WriteStatus(diagnosis);
  if (written.ok()) {
    parts_.metrics.CountEnd(diagnosis);
    parts_.store.RecordEvent(diagnosis,
                             {.type = store::EventType::kWarning,
                              .reason = diagnosis::kEventDiagnosisFailed,
                              .message = std::string(kReasonInvalidDiagnosis) + ": " + problem});
    return parts_.queue.Forget(key);
  }
  TakeError(key, diagnosis, written);
}

void DiagnosisWorker::TakeError(const kube::ObjectKey& key, const api::Diagnosis& diagnosis,
                                const Status& error) {
  const std::string& uid = diagnosis.metadata.uid;
  if (error.code() == StatusCode::kCancelled) return parts_.queue.Forget(key);  // gone, or we end
  const kube::Clock::TimePoint now = parts_.clock.Now();
  const Waiting waiting = parts_.waiting.Note(uid, error.reason(), error.message(), now);
  if (error.reason() == api::kConditionOperationSetNotFound) {
    return parts_.queue.AddAfter(key, kObstacleInterval);
  }
  if (error.reason() == diagnosis::kReasonViewerLimit) {
    // Seldom after a while: more may be needed than the next page that ends gives back.
    return parts_.queue.AddAfter(
        key, std::clamp<kube::Clock::Duration>((now - waiting.since) / 4, kObstacleInterval,
                                               kPlaceIntervalMost));
  }
  if (error.code() == StatusCode::kNotFound && parts_.cache.Find(uid) == nullptr) {
    return parts_.queue.Forget(key);
  }
  // The cache was behind the server, or the server is away.
  parts_.metrics.retries.Add();
  parts_.logger.Info("diagnosis is tried again", {{"namespace", key.namespace_name},
                                                  {"name", key.name},
                                                  {"uid", uid},
                                                  {"reason", error.reason()},
                                                  {"error", error.message()}});
  if (error.reason() == diagnosis::kReasonConflict ||
      error.reason() == diagnosis::kReasonTakenAway) {
    Result<api::Diagnosis> current = parts_.store.GetDiagnosis(key.namespace_name, key.name);
    if (current.ok()) parts_.cache.RecordWrite(*std::move(current));
  }
  parts_.queue.AddAfterFailure(key);
}

void DiagnosisWorker::Restore(const kube::ObjectKey& key, const api::Diagnosis& diagnosis,
                              const std::stop_token& stop) {
  const std::string& uid = diagnosis.metadata.uid;
  const Status restored = parts_.executor.RestoreViewers(diagnosis, stop);
  if (stop.stop_requested()) return;
  // Deleted meanwhile: who ended its pages then has not found those that came since.
  if (parts_.cache.Find(uid) == nullptr) return parts_.executor.viewers().Stop(uid);
  if (restored.reason() == diagnosis::kReasonStoreUnavailable) {
    return parts_.restores.AddAfterFailure(key);
  }
  if (!restored.ok()) {
    parts_.logger.Warning("a page could not be served again", {{"namespace", key.namespace_name},
                                                               {"name", key.name},
                                                               {"uid", uid},
                                                               {"error", restored.message()}});
  }
  {
    const std::lock_guard lock(mutex_);
    restored_.insert(uid);
  }
  if (parts_.cache.Find(uid) == nullptr) Forget(uid);
  parts_.restores.Forget(key);
}

}  // namespace kubediag::agent
