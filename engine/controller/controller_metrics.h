// ControllerMetrics: what a controller counts. Thread-safe.
//
// Names of objects never are labels: a metric must not grow with what users create.
#pragma once

#include <string>

#include "engine/api/objects.h"
#include "engine/metrics/registry.h"

namespace kubediag::controller {

class ControllerMetrics {
 public:
  explicit ControllerMetrics(metrics::Registry& registry);

  // kubediag_operation_sets{ready}.
  void SetOperationSets(size_t ready, size_t not_ready);
  // kubediag_collected_total{cause}.
  void CountCollected(const std::string& cause);
  // kubediag_diagnoses_total{phase,reason}, as agents count those they end.
  void CountEnd(const api::Diagnosis& diagnosis);

  metrics::Counter assigned;   // kubediag_diagnoses_assigned_total
  metrics::Counter node_lost;  // kubediag_node_lost_total

 private:
  metrics::Registry& registry_;
};

}  // namespace kubediag::controller
