#include "engine/controller/collector.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "engine/api/diagnosis_status.h"
#include "engine/controller/leader_transport.h"
#include "engine/core/limits.h"

namespace kubediag::controller {

void Collector::Run(const std::stop_token& stop) {
  const kube::Clock::Duration interval = CollectionInterval(parts_.rules);
  while (parts_.clock.Sleep(interval, stop)) Collect(stop);
}

void Collector::Collect(const std::stop_token& stop) {
  const auto now = std::chrono::floor<seconds>(parts_.clock.WallNow());
  const kube::Clock::TimePoint clock_now = parts_.clock.Now();
  std::map<std::string, kube::Clock::TimePoint> ended_since;
  std::vector<kube::ObjectPtr> objects;
  std::vector<Finished> finished;
  for (kube::ObjectPtr& known : parts_.cache.List()) {
    const auto* diagnosis = std::get_if<api::Diagnosis>(&known->object);
    if (diagnosis == nullptr || !api::HasEnded(diagnosis->status.phase)) continue;
    if (diagnosis->metadata.deletion_timestamp) continue;
    const auto before = ended_since_.find(diagnosis->metadata.uid);
    const auto since = before == ended_since_.end() ? clock_now : before->second;
    ended_since.emplace(diagnosis->metadata.uid, since);
    finished.push_back({.node_name = diagnosis->spec.node_name,
                        .ended = EndOf(*diagnosis),
                        .status_bytes = ApproximateBytes(diagnosis->status),
                        .serves = Serves(*diagnosis, now, stop),
                        .seen = clock_now - since});
    objects.push_back(std::move(known));
  }
  ended_since_ = std::move(ended_since);
  size_t tried = 0;
  for (const Collected& each : ChooseCollected(finished, parts_.rules, now)) {
    if (stop.stop_requested() || ++tried > kMaxCollectedAtOnce) return;
    const Status deleted =
        Delete(std::get<api::Diagnosis>(objects[each.index]->object), each.cause, stop);
    if (deleted.reason() == kReasonNotLeader) return;
  }
}

// A page does not outlive its node.
bool Collector::Serves(const api::Diagnosis& diagnosis, api::Time now,
                       const std::stop_token& stop) {
  if (!MayServe(diagnosis.status, now)) return false;
  if (now - EndOf(diagnosis) < parts_.rules.minimum_age) return true;
  return parts_.nodes.Look(diagnosis.spec.node_name, stop) != NodeState::kGone;
}

Status Collector::Delete(const api::Diagnosis& diagnosis, const char* cause,
                         const std::stop_token& stop) {
  const api::ObjectMeta& metadata = diagnosis.metadata;
  Status deleted = parts_.client.Delete(
      kube::kDiagnoses, metadata.namespace_name, metadata.name,
      {.uid = metadata.uid, .resource_version = metadata.resource_version}, {.stop = stop});
  if (deleted.ok()) {
    parts_.metrics.CountCollected(cause);
    parts_.logger.Info("diagnosis collected", {{"namespace", metadata.namespace_name},
                                               {"name", metadata.name},
                                               {"uid", metadata.uid},
                                               {"cause", cause}});
  } else if (deleted.code() != StatusCode::kNotFound) {
    parts_.logger.Info("a diagnosis was not collected", {{"namespace", metadata.namespace_name},
                                                         {"name", metadata.name},
                                                         {"uid", metadata.uid},
                                                         {"error", deleted.message()}});
  }
  return deleted;
}

}  // namespace kubediag::controller
