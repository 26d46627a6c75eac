#include "engine/host/process_runner.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "engine/host/capabilities.h"
#include "engine/host/host_process.h"
#include "engine/host/process_run.h"
#include "engine/host/reachable.h"
#include "engine/process/orphan_reaper.h"
#include "engine/process/spawn_thread.h"

namespace kubediag::host {

Result<std::unique_ptr<ProcessRunner>> ProcessRunner::Create(ProcessRunnerOptions options,
                                                             Logger& logger) {
  if (access(options.host_program.c_str(), X_OK) != 0) {
    return Status::FromErrno("operation host " + options.host_program, errno);
  }
  if (options.user) {
    KUBEDIAG_RETURN_IF_ERROR(CheckCapabilitiesFor(*options.user).Annotate("operation user"));
    const std::string folder = std::filesystem::path(options.host_program).parent_path();
    if (const Status status = CheckReachable(folder, *options.user); !status.ok()) {
      logger.Warning("operations that start programs of kubediag, as downloads do, will fail",
                     {{"error", status.message()}});
    }
  }
  return std::unique_ptr<ProcessRunner>(new ProcessRunner(std::move(options), logger));
}

ProcessRunner::ProcessRunner(ProcessRunnerOptions options, Logger& logger)
    : options_(std::move(options)),
      logger_(logger),
      orphans_(options_.reap_orphans ? std::make_unique<process::OrphanReaper>() : nullptr),
      spawn_thread_(std::make_unique<process::SpawnThread>()) {}

ProcessRunner::~ProcessRunner() = default;

Result<std::unique_ptr<operation::OperationRun>> ProcessRunner::Prepare(
    const std::string& module_path) {
  KUBEDIAG_ASSIGN_OR_RETURN(HostProcess process, StartHost(options_, *spawn_thread_, module_path));
  return std::unique_ptr<operation::OperationRun>(
      new ProcessRun(std::move(process), module_path, options_.user, orphans_.get(), logger_));
}

Result<operation::ModuleDescriptor> ProcessRunner::Describe(const std::string& module_path) {
  KUBEDIAG_ASSIGN_OR_RETURN(HostProcess process, StartHost(options_, *spawn_thread_, module_path));
  ProcessRun run(std::move(process), module_path, options_.user, orphans_.get(), logger_);
  auto descriptor = run.Describe(Deadline::After(kDescribeTimeout));
  if (descriptor.ok()) return descriptor;
  const Status& status = descriptor.status();
  if (status.code() == StatusCode::kDeadlineExceeded) {
    return Status(StatusCode::kFailedPrecondition, "DescribeTimeout",
                  "the module did not describe itself within " +
                      std::to_string(kDescribeTimeout.count()) + " s");
  }
  // However it failed, it was the module that did it.
  return Status(StatusCode::kFailedPrecondition, status.reason(), status.message());
}

}  // namespace kubediag::host
