#include "engine/agent/agent_metrics.h"

#include <chrono>

#include "engine/api/conditions.h"
#include "engine/api/object.h"
#include "engine/core/limits.h"

namespace kubediag::agent {

AgentMetrics::AgentMetrics(metrics::Registry& registry)
    : queue_length(registry.MakeGauge("kubediag_queue_length",
                                      "Diagnoses of this node that wait for their turn.")),
      running(registry.MakeGauge("kubediag_running_diagnoses", "Diagnoses that run now.")),
      viewers(registry.MakeGauge("kubediag_viewers", "Pages that operations serve now.")),
      data_bytes(registry.MakeGauge(
          "kubediag_data_bytes",
          "What runs have left under the data root and its quota counts, as of the last look.")),
      retries(
          registry.MakeCounter("kubediag_diagnosis_retries_total",
                               "Diagnoses whose run could not begin or end and is tried again.")),
      registry_(registry) {}

// A reason may be any word of an operation's.
std::string AgentMetrics::Bounded(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (reasons_.contains(reason)) return reason;
  if (reasons_.size() >= kMaxReasonLabels) return "Other";
  reasons_.insert(reason);
  return reason;
}

void AgentMetrics::CountEnd(const api::Diagnosis& diagnosis) {
  const api::Condition* finished =
      api::FindCondition(diagnosis.status.conditions, api::kConditionFinished);
  registry_
      .MakeCounter("kubediag_diagnoses_total", "Diagnoses that have ended, by phase and reason.",
                   {{"phase", std::string(api::PhaseName(diagnosis.status.phase))},
                    {"reason", finished == nullptr ? "" : Bounded(finished->reason)}})
      .Add();
}

void AgentMetrics::CountOperation(const diagnosis::OperationProgress& progress) {
  // Nothing was run: a failure found beforehand, or a node that was skipped.
  if (progress.duration.count() == 0) return;
  registry_
      .MakeHistogram("kubediag_operation_seconds", "How long operations took.",
                     {0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300},
                     {{"operation", progress.module_operation}, {"phase", progress.phase}})
      .Observe(std::chrono::duration<double>(progress.duration).count());
}

RunObserver::RunObserver(AgentMetrics& metrics, Logger& logger, const api::Diagnosis& diagnosis)
    : metrics_(metrics),
      logger_(logger),
      namespace_name_(diagnosis.metadata.namespace_name),
      name_(diagnosis.metadata.name),
      uid_(diagnosis.metadata.uid) {}

void RunObserver::OnRunning(const api::Diagnosis& /*diagnosis*/, bool resumed) {
  logger_.Info(resumed ? "diagnosis goes on" : "diagnosis runs",
               {{"namespace", namespace_name_}, {"name", name_}, {"uid", uid_}});
}

void RunObserver::OnOperationFinished(const diagnosis::OperationProgress& progress) {
  metrics_.CountOperation(progress);
  logger_.Info("operation ended", {{"namespace", namespace_name_},
                                   {"name", name_},
                                   {"uid", uid_},
                                   {"operation", progress.operation},
                                   {"phase", progress.phase},
                                   {"reason", progress.reason}});
}

void RunObserver::OnWarning(const std::string& message) {
  logger_.Warning(message, {{"namespace", namespace_name_}, {"name", name_}, {"uid", uid_}});
}

}  // namespace kubediag::agent
