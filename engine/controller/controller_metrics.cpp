#include "engine/controller/controller_metrics.h"

#include "engine/api/conditions.h"
#include "engine/api/object.h"

namespace kubediag::controller {

ControllerMetrics::ControllerMetrics(metrics::Registry& registry)
    : assigned(registry.MakeCounter("kubediag_diagnoses_assigned_total",
                                    "Diagnoses that were given the node of their Pod.")),
      node_lost(registry.MakeCounter("kubediag_node_lost_total",
                                     "Diagnoses that failed because their node was lost.")),
      registry_(registry) {}

void ControllerMetrics::SetOperationSets(size_t ready, size_t not_ready) {
  const char* const name = "kubediag_operation_sets";
  const char* const help = "OperationSets, by whether their graph is sound; 0 while not leading.";
  registry_.MakeGauge(name, help, {{"ready", "true"}}).Set(static_cast<double>(ready));
  registry_.MakeGauge(name, help, {{"ready", "false"}}).Set(static_cast<double>(not_ready));
}

void ControllerMetrics::CountCollected(const std::string& cause) {
  registry_
      .MakeCounter("kubediag_collected_total", "Finished Diagnoses that were deleted, and why.",
                   {{"cause", cause}})
      .Add();
}

void ControllerMetrics::CountEnd(const api::Diagnosis& diagnosis) {
  const api::Condition* finished =
      api::FindCondition(diagnosis.status.conditions, api::kConditionFinished);
  registry_
      .MakeCounter("kubediag_diagnoses_total", "Diagnoses that have ended, by phase and reason.",
                   {{"phase", std::string(api::PhaseName(diagnosis.status.phase))},
                    {"reason", finished == nullptr ? "" : finished->reason}})
      .Add();
}

}  // namespace kubediag::controller
