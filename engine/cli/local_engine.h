// LocalEngine: everything that runs Diagnoses from files on this machine, put together.
//
// Thread-safe as its parts are. The logger is borrowed for its life.
#pragma once

#include <memory>

#include "engine/cli/local_modules.h"
#include "engine/cli/run_options.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/diagnosis/executor.h"
#include "engine/metrics/registry.h"
#include "engine/store/file_store.h"

namespace kubediag::cli {

class LocalEngine {
 public:
  // `options` has its defaults filled in.
  static Result<std::unique_ptr<LocalEngine>> Open(const RunOptions& options,
                                                   const ProgramPaths& paths, Logger& logger);
  ~LocalEngine();

  // The run's metrics as Prometheus text, as they are now.
  std::string MetricsText();
  void CountDiagnosis(api::Phase phase);

  store::FileStore& store() { return store_; }
  LocalModules& modules() { return *modules_; }
  diagnosis::Executor& executor() { return *executor_; }
  unsigned concurrency() const { return concurrency_; }

 private:
  explicit LocalEngine(Logger& logger);

  // In the order they depend on one another.
  metrics::Registry metrics_;
  store::FileStore store_;
  std::unique_ptr<LocalModules> modules_;
  std::unique_ptr<diagnosis::Executor> executor_;
  unsigned concurrency_ = 1;
};

}  // namespace kubediag::cli
