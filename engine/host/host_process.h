// HostProcess: a started operation host, as three descriptors and a child.
#pragma once

#include <string>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/host/process_runner.h"
#include "engine/process/child.h"
#include "engine/process/spawn_thread.h"

namespace kubediag::host {

struct HostProcess {
  process::Child child;
  UniqueFd channel;  // our end of the protocol
  UniqueFd log;      // its standard output and error, non-blocking
};

// Spawned and loading the module, which is opened here.
Result<HostProcess> StartHost(const ProcessRunnerOptions& options, process::SpawnThread& spawner,
                              const std::string& module_path);

}  // namespace kubediag::host
