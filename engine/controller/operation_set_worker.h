// OperationSetWorker: keeps the status of OperationSets true to their graphs.
//
// One thread calls Work(). Level-triggered: it looks at the set as it is now, and writes only if
// its status should be another, so its own writes are no news. Borrows all it is given.
#pragma once

#include <stop_token>

#include "engine/controller/controller_metrics.h"
#include "engine/core/logging.h"
#include "engine/kube/api_client.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/work_queue.h"

namespace kubediag::controller {

struct OperationSetParts {
  kube::ObjectCache& cache;
  kube::WorkQueue& queue;
  kube::ApiClient& client;
  ControllerMetrics& metrics;
  Logger& logger;
};

class OperationSetWorker {
 public:
  explicit OperationSetWorker(OperationSetParts parts) : parts_(parts) {}

  // Until the queue is shut down or `stop`.
  void Work(const std::stop_token& stop);
  // One set.
  void Handle(const kube::ObjectKey& key, const std::stop_token& stop);
  // kubediag_operation_sets, of what the cache holds.
  void Count();

 private:
  void Write(const kube::ObjectKey& key, const kube::KnownObject& known,
             const api::OperationSetStatus& wanted, const std::stop_token& stop);

  OperationSetParts parts_;
};

}  // namespace kubediag::controller
