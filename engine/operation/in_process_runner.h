// InProcessRunner: runs operations in this process, each in a thread of its own. For tests and as
// the benchmark's baseline: a crash of the module is a crash of the process, and a run that ignores
// its cancellation is waited for without end.
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "engine/core/logging.h"
#include "engine/operation/runner.h"

namespace kubediag::operation {

class InProcessRunner final : public Runner {
 public:
  // `logger` must outlive the runner and its runs.
  explicit InProcessRunner(Logger& logger) : logger_(logger) {}

  Result<std::unique_ptr<OperationRun>> Prepare(const std::string& module_path) override;
  Result<ModuleDescriptor> Describe(const std::string& module_path) override;

 private:
  Logger& logger_;
};

}  // namespace kubediag::operation
