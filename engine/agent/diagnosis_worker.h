// DiagnosisWorker: takes Diagnoses from the queues, one at a time, and brings each a step on.
//
// Several threads may call Work(), others WorkRestores(): pages that are to be served again do not
// wait for runs, which may take hours. Borrows all it is given.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "engine/agent/agent_metrics.h"
#include "engine/agent/next_step.h"
#include "engine/agent/run_table.h"
#include "engine/agent/waiting_table.h"
#include "engine/core/logging.h"
#include "engine/diagnosis/executor.h"
#include "engine/kube/clock.h"
#include "engine/kube/kube_store.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/work_queue.h"

namespace kubediag::agent {

struct WorkerParts {
  const std::string node_name;
  const std::string instance;
  kube::ObjectCache& cache;
  kube::WorkQueue& queue;
  kube::WorkQueue& restores;
  kube::KubeStore& store;
  diagnosis::Executor& executor;
  RunTable& runs;
  WaitingTable& waiting;
  AgentMetrics& metrics;
  Logger& logger;
  kube::Clock& clock;
};

class DiagnosisWorker {
 public:
  explicit DiagnosisWorker(WorkerParts parts) : parts_(std::move(parts)) {}

  // Until the queue is shut down or `stop`.
  void Work(const std::stop_token& stop);
  void WorkRestores(const std::stop_token& stop);
  // One Diagnosis.
  void Handle(const kube::ObjectKey& key);
  void HandleRestore(const kube::ObjectKey& key, const std::stop_token& stop);
  // The object is gone: nothing is remembered of it.
  void Forget(const std::string& uid);

 private:
  // A claim of another process, and since when it has not changed.
  struct Foreign {
    std::string resource_version;
    kube::Clock::TimePoint since;
  };

  std::optional<kube::Clock::Duration> LeftToAnother(const api::Diagnosis& diagnosis);
  void RunOne(const kube::ObjectKey& key, const api::Diagnosis& diagnosis);
  void Reject(const kube::ObjectKey& key, api::Diagnosis diagnosis, const std::string& problem);
  void Restore(const kube::ObjectKey& key, const api::Diagnosis& diagnosis,
               const std::stop_token& stop);
  bool WaitsForPlace(const kube::ObjectKey& key, const std::optional<Waiting>& waiting,
                     bool timed_out);
  Step StepFor(const api::Diagnosis& diagnosis) const;
  // What a run that did not end in the status means for the key.
  void TakeError(const kube::ObjectKey& key, const api::Diagnosis& diagnosis, const Status& error);
  bool WasRestored(const std::string& uid) const;

  WorkerParts parts_;
  mutable std::mutex mutex_;
  std::set<std::string> restored_;          // uids whose pages have been looked for
  std::map<std::string, Foreign> foreign_;  // by uid
};

}  // namespace kubediag::agent
