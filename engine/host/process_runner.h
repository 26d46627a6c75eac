// ProcessRunner: runs each operation in a process of its own, kubediag-operation-host, which loads
// the module under limits and speaks frames with us. Nothing a module does by accident reaches this
// process.
//
// Thread-safe. Runs must have ended before the runner is destroyed.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/operation/runner.h"

namespace kubediag::process {
class OrphanReaper;
class SpawnThread;
}  // namespace kubediag::process

namespace kubediag::host {

// Whom operations run as, if not as ourselves; then without any capability.
struct OperationUser {
  uid_t uid = 0;
  gid_t gid = 0;
};

// "nobody", "65534" or "65534:65534". NotFound for a user the system does not know; a number is
// taken as it is, with the same number as group.
Result<OperationUser> ParseOperationUser(std::string_view text);

struct ProcessRunnerOptions {
  std::string host_program;  // absolute path of kubediag-operation-host
  Limits limits;             // run_memory_bytes, run_file_bytes, run_descriptors, run_cpu
  std::optional<OperationUser> user;
  // Become the process that orphans of a run fall to, and end them (process::OrphanReaper). Only an
  // embedder that forks on its own under no_new_privs turns this off.
  bool reap_orphans = true;
};

class ProcessRunner final : public operation::Runner {
 public:
  // NotFound if there is no host program; PermissionDenied, with their names, if capabilities are
  // missing that another user needs (docs/security.md). Warns if that user does not get to the host
  // program's folder. `logger` must outlive the runner.
  static Result<std::unique_ptr<ProcessRunner>> Create(ProcessRunnerOptions options,
                                                       Logger& logger);
  ~ProcessRunner() override;

  Result<std::unique_ptr<operation::OperationRun>> Prepare(const std::string& module_path) override;
  Result<operation::ModuleDescriptor> Describe(const std::string& module_path) override;

 private:
  ProcessRunner(ProcessRunnerOptions options, Logger& logger);

  const ProcessRunnerOptions options_;
  Logger& logger_;
  std::unique_ptr<process::OrphanReaper> orphans_;
  std::unique_ptr<process::SpawnThread> spawn_thread_;
};

}  // namespace kubediag::host
