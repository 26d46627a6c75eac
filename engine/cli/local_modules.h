// LocalModules: the catalog of this machine's operations and the runner that runs them, as the
// subcommands of local mode use them.
//
// Thread-safe as its parts are. The logger is borrowed for its life.
#pragma once

#include <memory>
#include <string>

#include "engine/catalog/catalog.h"
#include "engine/cli/common_options.h"
#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/operation/runner.h"

namespace kubediag::cli {

class LocalModules {
 public:
  // Modules are copied beneath the data root. The registry is borrowed, null for none.
  static Result<std::unique_ptr<LocalModules>> Open(const EngineOptions& options,
                                                    const ProgramPaths& paths,
                                                    const std::string& operation_user,
                                                    const Limits& limits,
                                                    metrics::Registry* metrics, Logger& logger);
  // For commands that only look: if the data root cannot be written, a temporary folder is used.
  static Result<std::unique_ptr<LocalModules>> OpenToLook(const EngineOptions& options,
                                                          const ProgramPaths& paths,
                                                          Logger& logger);
  ~LocalModules();

  operation::Runner& runner() { return *runner_; }
  catalog::Catalog& catalog() { return *catalog_; }

 private:
  LocalModules() = default;

  std::string temporary_folder_;  // removed at the end; empty: none
  std::unique_ptr<operation::Runner> runner_;
  std::unique_ptr<catalog::Catalog> catalog_;
};

}  // namespace kubediag::cli
