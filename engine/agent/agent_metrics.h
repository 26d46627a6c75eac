// AgentMetrics: what an agent counts about its runs, and the Observer that counts one. Thread-safe.
//
// Names of objects never are labels: a metric must not grow with what users create.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "engine/core/logging.h"
#include "engine/diagnosis/observer.h"
#include "engine/metrics/registry.h"

namespace kubediag::agent {

class AgentMetrics {
 public:
  explicit AgentMetrics(metrics::Registry& registry);

  // kubediag_diagnoses_total{phase,reason}; the reason is condition Finished's.
  void CountEnd(const api::Diagnosis& diagnosis);
  // kubediag_operation_seconds{operation,phase}, a histogram; the operation as its module calls it.
  void CountOperation(const diagnosis::OperationProgress& progress);

  metrics::Gauge queue_length;  // Diagnoses that wait for their turn
  metrics::Gauge running;
  metrics::Gauge viewers;
  metrics::Gauge data_bytes;
  metrics::Counter retries;

 private:
  std::string Bounded(const std::string& reason);

  metrics::Registry& registry_;
  std::mutex mutex_;
  std::set<std::string> reasons_;  // those that are labels
};

// One run: counts its operations and logs its turns.
class RunObserver : public diagnosis::Observer {
 public:
  // Borrowed for the run.
  RunObserver(AgentMetrics& metrics, Logger& logger, const api::Diagnosis& diagnosis);

  void OnRunning(const api::Diagnosis& diagnosis, bool resumed) override;
  void OnOperationFinished(const diagnosis::OperationProgress& progress) override;
  void OnWarning(const std::string& message) override;

 private:
  AgentMetrics& metrics_;
  Logger& logger_;
  const std::string namespace_name_, name_, uid_;
};

}  // namespace kubediag::agent
