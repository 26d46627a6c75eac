#include "engine/controller/node_assigner.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "engine/api/diagnosis_status.h"
#include "engine/api/time.h"
#include "engine/controller/reasons.h"
#include "engine/core/limits.h"
#include "engine/kube/json_reading.h"

namespace kubediag::controller {

void NodeAssigner::Work(const std::stop_token& stop) {
  while (const std::optional<kube::ObjectKey> key = parts_.queue.Take(stop)) {
    Handle(*key, stop);
    parts_.queue.Done(*key);
  }
}

void NodeAssigner::Forget(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  waits_.erase(uid);
}

void NodeAssigner::Handle(const kube::ObjectKey& key, const std::stop_token& stop) {
  const kube::ObjectPtr known = parts_.cache.Find(key);
  const auto* diagnosis = known == nullptr ? nullptr : std::get_if<api::Diagnosis>(&known->object);
  if (diagnosis == nullptr) return parts_.queue.Forget(key);
  const std::string& uid = diagnosis->metadata.uid;
  if (!NeedsNode(*diagnosis)) {
    Forget(uid);
    return parts_.queue.Forget(key);
  }
  PodView pod;
  if (diagnosis->spec.pod_reference) {
    const Result<PodView> seen = LookAt(*diagnosis->spec.pod_reference, stop);
    if (!seen.ok()) {
      {
        const std::lock_guard lock(mutex_);
        if (const auto wait = waits_.find(uid); wait != waits_.end()) wait->second.seen.reset();
      }
      return TakeError(key, *diagnosis, seen.status());
    }
    pod = *seen;
  }
  const Assignment assignment = DecideAssignment(*diagnosis, pod, Waited(uid));
  api::Diagnosis copy = *diagnosis;
  Status done;
  switch (assignment.step) {
    case Assignment::Step::kAssign:
      done = Assign(copy, assignment.node_name, stop);
      break;
    case Assignment::Step::kFail:
      done = Fail(copy, assignment.failure);
      break;
    case Assignment::Step::kWait:
      done = TellPending(copy);
      if (done.ok()) parts_.queue.AddAfter(key, assignment.delay);
      break;
  }
  // Gone meanwhile: whoever heard of it has forgotten it before this took note of it again.
  const bool is_over = done.ok() && assignment.step != Assignment::Step::kWait;
  if (is_over || parts_.cache.Find(uid) == nullptr) Forget(uid);
  if (!done.ok()) return TakeError(key, *diagnosis, done);
  {
    const std::lock_guard lock(mutex_);
    if (const auto wait = waits_.find(uid); wait != waits_.end())
      wait->second.refused_since.reset();
  }
  parts_.queue.Forget(key);
}

Result<PodView> NodeAssigner::LookAt(const api::PodReference& reference,
                                     const std::stop_token& stop) {
  const Result<std::string> answer =
      parts_.client.Get(kube::kPods, reference.namespace_name, reference.name, {.stop = stop});
  if (!answer.ok()) {
    // A name that no Pod can have is answered by ourselves.
    const bool absent = answer.status().code() == StatusCode::kNotFound ||
                        answer.status().code() == StatusCode::kInvalidArgument;
    if (absent) return PodView{};
    return answer.status();
  }
  KUBEDIAG_ASSIGN_OR_RETURN(const api::Value pod, kube::ParseJsonMap(*answer));
  const api::Value* const spec = kube::MapAt(pod, "spec");
  return PodView{.exists = true,
                 .node_name = spec == nullptr ? "" : kube::TextAt(*spec, "nodeName")};
}

kube::Clock::Duration NodeAssigner::Waited(const std::string& uid) {
  // Between two looks that were answered, even if the second answer was long in coming.
  constexpr kube::Clock::Duration kMost = 2 * kPodIntervalMost;
  const kube::Clock::TimePoint now = parts_.clock.Now();
  const std::lock_guard lock(mutex_);
  Wait& wait = waits_[uid];
  if (wait.seen) wait.waited += std::min<kube::Clock::Duration>(now - *wait.seen, kMost);
  wait.seen = now;
  return wait.waited;
}

Status NodeAssigner::Assign(api::Diagnosis& diagnosis, const std::string& node_name,
                            const std::stop_token& stop) {
  // Before the node has it: afterwards the status is the agent's.
  KUBEDIAG_RETURN_IF_ERROR(TellPending(diagnosis));
  KUBEDIAG_ASSIGN_OR_RETURN(
      const std::string written,
      parts_.client.MergePatch(
          kube::kDiagnoses, diagnosis.metadata.namespace_name, diagnosis.metadata.name, "",
          NodePatchOf(diagnosis.metadata.resource_version, node_name), {.stop = stop}));
  Result<api::Value> document = kube::ParseJsonMap(written);
  if (document.ok()) {
    const kube::ReadObject stored = kube::ReadKnownObject(*std::move(document));
    if (stored.object != nullptr) parts_.cache.RecordWrite(stored.object->object);
  }
  parts_.metrics.assigned.Add();
  const api::PodReference& reference = *diagnosis.spec.pod_reference;
  const std::string pod = reference.namespace_name + "/" + reference.name;
  parts_.logger.Info("node assigned", {{"namespace", diagnosis.metadata.namespace_name},
                                       {"name", diagnosis.metadata.name},
                                       {"uid", diagnosis.metadata.uid},
                                       {"pod", pod},
                                       {"node", node_name}});
  Tell(diagnosis, {.type = store::EventType::kNormal,
                   .reason = kEventNodeAssigned,
                   .message = "runs on node " + node_name + ", where Pod " + pod + " is"});
  return Status::Ok();
}

Status NodeAssigner::TellPending(api::Diagnosis& diagnosis) {
  if (!api::SetPending(diagnosis.status, api::Now())) return Status::Ok();
  return parts_.store.WriteStatus(diagnosis);
}

Status NodeAssigner::Fail(api::Diagnosis& diagnosis, const Status& failure) {
  api::SetFailed(diagnosis.status, failure, api::Now());
  KUBEDIAG_RETURN_IF_ERROR(parts_.store.WriteStatus(diagnosis));
  parts_.metrics.CountEnd(diagnosis);
  parts_.logger.Info("diagnosis failed", {{"namespace", diagnosis.metadata.namespace_name},
                                          {"name", diagnosis.metadata.name},
                                          {"uid", diagnosis.metadata.uid},
                                          {"reason", failure.reason()},
                                          {"message", failure.message()}});
  Tell(diagnosis, {.type = store::EventType::kWarning,
                   .reason = kEventDiagnosisFailed,
                   .message = failure.message()});
  return Status::Ok();
}

void NodeAssigner::TakeError(const kube::ObjectKey& key, const api::Diagnosis& diagnosis,
                             const Status& error) {
  if (error.code() == StatusCode::kNotFound) return parts_.queue.Forget(key);
  if (error.code() == StatusCode::kCancelled) return parts_.queue.Forget(key);  // the term ends
  parts_.logger.Info("a node is assigned later", {{"namespace", key.namespace_name},
                                                  {"name", key.name},
                                                  {"reason", error.reason()},
                                                  {"error", error.message()}});
  TakeRefusal(diagnosis, error);
  parts_.queue.AddAfterFailure(key);
}

// Else it would be Pending for ever, and only this process' log would know why.
void NodeAssigner::TakeRefusal(const api::Diagnosis& diagnosis, const Status& error) {
  if (error.code() != StatusCode::kPermissionDenied &&
      error.code() != StatusCode::kInvalidArgument) {
    return;
  }
  const std::string& uid = diagnosis.metadata.uid;
  const kube::Clock::TimePoint now = parts_.clock.Now();
  {
    const std::lock_guard lock(mutex_);
    std::optional<kube::Clock::TimePoint>& since = waits_[uid].refused_since;
    if (!since) since = now;
    if (now - *since < kPodTimeout) return;
  }
  Tell(diagnosis, {.type = store::EventType::kWarning,
                   .reason = kEventNodeNotAssigned,
                   .message = "no node can be assigned for now: " + error.message()});
}

void NodeAssigner::Tell(const api::Diagnosis& diagnosis, const store::Event& event) {
  parts_.events.Record({.resource = kube::kDiagnoses,
                        .namespace_name = diagnosis.metadata.namespace_name,
                        .name = diagnosis.metadata.name,
                        .uid = diagnosis.metadata.uid},
                       "AssignNode", event);
}

}  // namespace kubediag::controller
