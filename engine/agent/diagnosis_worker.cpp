#include "engine/agent/diagnosis_worker.h"

#include <optional>
#include <utility>
#include <variant>

#include "engine/agent/next_step.h"
#include "engine/api/conditions.h"
#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"

namespace kubediag::agent {
namespace {

constexpr char kReasonInvalidDiagnosis[] = "InvalidDiagnosis";

// Something that only time or somebody else can change.
bool MayPass(const Status& error) {
  return error.reason() == api::kConditionOperationSetNotFound ||
         error.reason() == diagnosis::kReasonViewerLimit;
}

}  // namespace

void DiagnosisWorker::Work(const std::stop_token& stop) {
  while (const std::optional<kube::ObjectKey> key = parts_.queue.Take(stop)) {
    Handle(*key);
    parts_.queue.Done(*key);
  }
}

void DiagnosisWorker::Forget(const std::string& uid) {
  parts_.waiting.Forget(uid);
  const std::lock_guard lock(mutex_);
  restored_.erase(uid);
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
  switch (NextStep(*diagnosis, {.node_name = parts_.node_name,
                                .instance = parts_.instance,
                                .running = parts_.runs.Has(uid),
                                .restored = WasRestored(uid)})) {
    case Step::kNothing:
      parts_.queue.Forget(key);
      if (diagnosis->spec.suspend) parts_.waiting.Forget(uid);
      return;
    case Step::kRun:
      return object->problem.empty() ? RunOne(key, *diagnosis)
                                     : Reject(key, *diagnosis, object->problem);
    case Step::kRestore:
      return Restore(key, *diagnosis);
  }
}

void DiagnosisWorker::RunOne(const kube::ObjectKey& key, const api::Diagnosis& diagnosis) {
  const std::string& uid = diagnosis.metadata.uid;
  const std::shared_ptr<RunTable::Run> run = parts_.runs.Begin(uid, key);
  if (run == nullptr) return;
  const std::optional<Waiting> waiting = parts_.waiting.Find(uid);
  const bool patient = !waiting || parts_.clock.Now() - waiting->since < kObstacleTimeout;
  parts_.metrics.running.Add(1);
  RunObserver observer(parts_.metrics, parts_.logger, diagnosis);
  const Result<api::Diagnosis> result =
      parts_.executor.Run(diagnosis, run->cancellation, observer,
                          patient ? diagnosis::Obstacles::kReturn : diagnosis::Obstacles::kFail);
  parts_.metrics.running.Add(-1);
  parts_.metrics.viewers.Set(static_cast<double>(parts_.executor.viewers().Count()));
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

// What the API server let pass, and this engine cannot read, can never run.
void DiagnosisWorker::Reject(const kube::ObjectKey& key, api::Diagnosis diagnosis,
                             const std::string& problem) {
  diagnosis::SetFailed(diagnosis.status,
                       Status::InvalidArgument(problem).WithReason(kReasonInvalidDiagnosis),
                       api::Now());
  const Status written = parts_.store.WriteStatus(diagnosis);
  if (written.ok()) {
    parts_.metrics.CountEnd(diagnosis);
    return parts_.queue.Forget(key);
  }
  TakeError(key, diagnosis, written);
}

void DiagnosisWorker::TakeError(const kube::ObjectKey& key, const api::Diagnosis& diagnosis,
                                const Status& error) {
  const std::string& uid = diagnosis.metadata.uid;
  if (error.code() == StatusCode::kCancelled) return;  // gone, or the agent ends
  if (MayPass(error)) {
    parts_.waiting.Note(uid, error.message(), parts_.clock.Now());
    return parts_.queue.AddAfter(key, kObstacleInterval);
  }
  if (error.code() == StatusCode::kNotFound) return parts_.queue.Forget(key);
  // The cache was behind the server, or the server is away.
  parts_.logger.Info("diagnosis is tried again", {{"namespace", key.namespace_name},
                                                  {"name", key.name},
                                                  {"uid", uid},
                                                  {"reason", error.reason()},
                                                  {"error", error.message()}});
  if (error.reason() == diagnosis::kReasonConflict) {
    Result<api::Diagnosis> current = parts_.store.GetDiagnosis(key.namespace_name, key.name);
    if (current.ok()) parts_.cache.RecordWrite(*std::move(current));
  }
  parts_.queue.AddAfterFailure(key);
}

void DiagnosisWorker::Restore(const kube::ObjectKey& key, const api::Diagnosis& diagnosis) {
  const Status restored = parts_.executor.RestoreViewers(diagnosis);
  parts_.metrics.viewers.Set(static_cast<double>(parts_.executor.viewers().Count()));
  if (restored.code() == StatusCode::kUnavailable) return parts_.queue.AddAfterFailure(key);
  if (!restored.ok()) {
    parts_.logger.Warning("a page could not be served again", {{"namespace", key.namespace_name},
                                                               {"name", key.name},
                                                               {"uid", diagnosis.metadata.uid},
                                                               {"error", restored.message()}});
  }
  {
    const std::lock_guard lock(mutex_);
    restored_.insert(diagnosis.metadata.uid);
  }
  parts_.queue.Forget(key);
}

}  // namespace kubediag::agent
