#include "engine/controller/operation_set_worker.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "engine/api/conditions.h"
#include "engine/api/time.h"
#include "engine/controller/operation_set_status.h"
#include "engine/kube/json_reading.h"

namespace kubediag::controller {

void OperationSetWorker::Work(const std::stop_token& stop) {
  while (const std::optional<kube::ObjectKey> key = parts_.queue.Take(stop)) {
    Handle(*key, stop);
    parts_.queue.Done(*key);
    if (parts_.queue.waiting() == 0) Count();  // it looks at all of them
  }
}

void OperationSetWorker::Handle(const kube::ObjectKey& key, const std::stop_token& stop) {
  const kube::ObjectPtr known = parts_.cache.Find(key);
  const auto* set = known == nullptr ? nullptr : std::get_if<api::OperationSet>(&known->object);
  if (set == nullptr || set->metadata.deletion_timestamp) return parts_.queue.Forget(key);
  const api::OperationSetStatus wanted = OperationSetStatusOf(*set, known->problem, api::Now());
  if (SameStatus(wanted, set->status)) return parts_.queue.Forget(key);
  Write(key, *known, wanted, stop);
}

void OperationSetWorker::Write(const kube::ObjectKey& key, const kube::KnownObject& known,
                               const api::OperationSetStatus& wanted, const std::stop_token& stop) {
  const Result<std::string> written = parts_.client.MergePatch(
      kube::kOperationSets, "", key.name, "status",
      StatusPatchOf(known.metadata().resource_version, wanted), {.stop = stop});
  if (!written.ok()) {
    if (written.status().code() == StatusCode::kNotFound) return parts_.queue.Forget(key);
    // A conflict: the watch is about to tell of a newer one.
    parts_.logger.Info("the status of an operation set is written again later",
                       {{"name", key.name}, {"error", written.status().message()}});
    return parts_.queue.AddAfterFailure(key);
  }
  parts_.queue.Forget(key);
  const api::Condition* const ready = api::FindCondition(wanted.conditions, api::kConditionReady);
  parts_.logger.Info(wanted.ready ? "operation set is ready" : "operation set is not ready",
                     {{"name", key.name}, {"message", ready->message}});
  Result<api::Value> document = kube::ParseJsonMap(*written);
  if (!document.ok()) return;
  const kube::ReadObject stored = kube::ReadKnownObject(*std::move(document));
  if (stored.object != nullptr) parts_.cache.RecordWrite(stored.object->object);
}

void OperationSetWorker::Count() {
  size_t ready = 0;
  const std::vector<kube::ObjectPtr> sets = parts_.cache.List();
  for (const kube::ObjectPtr& known : sets) {
    const auto* set = std::get_if<api::OperationSet>(&known->object);
    if (set != nullptr && set->status.ready) ++ready;
  }
  parts_.metrics.SetOperationSets(ready, sets.size() - ready);
}

}  // namespace kubediag::controller
