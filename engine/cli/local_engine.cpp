#include "engine/cli/local_engine.h"

#include <string>
#include <utility>

#include "engine/core/digest.h"
#include "engine/operation/job.h"

namespace kubediag::cli {
namespace {

diagnosis::ExecutorOptions ExecutorOptionsOf(const RunOptions& options, const ProgramPaths& paths,
                                             const Limits& limits) {
  constexpr size_t kInstanceBytes = 4;
  diagnosis::ExecutorOptions executor;
  executor.data_root = options.engine.data_root;
  executor.node_name = options.node_name;
  executor.instance = options.node_name + "_" + RandomHex(kInstanceBytes);
  executor.libexec_directory = paths.libexec;
  executor.viewer_address = options.viewer_address;
  executor.viewer_host = ViewerHost(options);
  executor.first_viewer_port = options.viewer_ports.first;
  executor.last_viewer_port = options.viewer_ports.last;
  for (const std::string& cidr : options.allowed_source_cidrs) {
    executor.policy.emplace_back(operation::kPolicyAllowSourceCidr, cidr);
  }
  for (const std::string& host : options.viewer_hosts) {
    executor.policy.emplace_back(operation::kPolicyViewerHost, host);
  }
  executor.limits = limits;
  executor.parameters_checked = true;  // object_check.h
  return executor;
}

}  // namespace

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
  engine->executor_ = std::make_unique<diagnosis::Executor>(
      engine->store_, engine->modules_->catalog(), engine->modules_->runner(),
      ExecutorOptionsOf(options, paths, limits), logger);
  return engine;
}

}  // namespace kubediag::cli
