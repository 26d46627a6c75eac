#include "engine/cli/local_engine.h"

#include <string>
#include <utility>

namespace kubediag::cli {

LocalEngine::LocalEngine(Logger& logger)
    : store_([&logger](const api::Diagnosis& diagnosis, const store::Event& event) {
        const std::string name = diagnosis.metadata.namespace_name + "/" + diagnosis.metadata.name;
        logger.Debug("event",
                     {{"diagnosis", name}, {"reason", event.reason}, {"message", event.message}});
      }) {}

LocalEngine::~LocalEngine() = default;

std::string LocalEngine::MetricsText() {
  metrics_.MakeGauge("kubediag_live_pages", "Pages that operations serve now.")
      .Set(static_cast<double>(executor_->viewers().Count()));
  return metrics_.Text();
}

void LocalEngine::CountDiagnosis(api::Phase phase) {
  metrics_
      .MakeCounter("kubediag_diagnoses_total", "Diagnoses that have ended, by their phase.",
                   {{"phase", std::string(api::PhaseName(phase))}})
      .Add();
}

Result<std::unique_ptr<LocalEngine>> LocalEngine::Open(const RunOptions& options,
                                                       const ProgramPaths& paths, Logger& logger) {
  Limits limits;
  limits.concurrent_operations = options.max_concurrent;
  std::unique_ptr<LocalEngine> engine(new LocalEngine(logger));
  engine->concurrency_ = limits.concurrent_operations;
  KUBEDIAG_ASSIGN_OR_RETURN(
      engine->modules_, LocalModules::Open(options.engine, paths, options.operation_user, limits,
                                           &engine->metrics_, logger));
  diagnosis::ExecutorOptions executor = ExecutorOptionsOf(options, paths, limits);
  executor.parameters_checked = true;  // object_check.h
  engine->executor_ = std::make_unique<diagnosis::Executor>(
      engine->store_, engine->modules_->catalog(), engine->modules_->runner(), std::move(executor),
      logger);
  return engine;
}

}  // namespace kubediag::cli
