#include "engine/cli/local_modules.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "engine/host/process_runner.h"

namespace kubediag::cli {
namespace {

constexpr char kHostProgram[] = "/kubediag-operation-host";
constexpr char kModulesFolder[] = "/modules";

Result<std::unique_ptr<operation::Runner>> MakeRunner(const ProgramPaths& paths,
                                                      const std::string& operation_user,
                                                      const Limits& limits, Logger& logger) {
  host::ProcessRunnerOptions options;
  options.host_program = paths.libexec + kHostProgram;
  options.limits = limits;
  if (!operation_user.empty()) {
    KUBEDIAG_ASSIGN_OR_RETURN(options.user, host::ParseOperationUser(operation_user));
  }
  KUBEDIAG_ASSIGN_OR_RETURN(std::unique_ptr<host::ProcessRunner> runner,
                            host::ProcessRunner::Create(std::move(options), logger));
  return std::unique_ptr<operation::Runner>(std::move(runner));
}

Result<std::string> MakeTemporaryFolder() {
  std::error_code error;
  const std::filesystem::path base = std::filesystem::temp_directory_path(error);
  std::string folder = (error ? std::filesystem::path("/tmp") : base) / "kubediag.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    return Status::FromErrno("make a temporary folder " + folder, errno);
  }
  return folder;
}

}  // namespace

Result<std::unique_ptr<LocalModules>> LocalModules::Open(
    const EngineOptions& options, const ProgramPaths& paths, const std::string& operation_user,
    const Limits& limits, metrics::Registry* metrics, Logger& logger) {
  std::unique_ptr<LocalModules> modules(new LocalModules);
  KUBEDIAG_ASSIGN_OR_RETURN(modules->runner_, MakeRunner(paths, operation_user, limits, logger));
  catalog::Options catalog_options;
  catalog_options.folders = options.operations_folders;
  catalog_options.modules_directory = options.data_root + kModulesFolder;
  catalog_options.metrics = metrics;
  KUBEDIAG_ASSIGN_OR_RETURN(modules->catalog_, catalog::Catalog::Open(std::move(catalog_options),
                                                                      *modules->runner_, logger));
  return modules;
}

Result<std::unique_ptr<LocalModules>> LocalModules::OpenToLook(const EngineOptions& options,
                                                               const ProgramPaths& paths,
                                                               Logger& logger) {
  Result<std::unique_ptr<LocalModules>> modules =
      Open(options, paths, "", Limits(), nullptr, logger);
  if (modules.ok()) return modules;
  EngineOptions elsewhere = options;
  KUBEDIAG_ASSIGN_OR_RETURN(elsewhere.data_root, MakeTemporaryFolder());
  modules = Open(elsewhere, paths, "", Limits(), nullptr, logger);
  if (modules.ok()) {
    (*modules)->temporary_folder_ = elsewhere.data_root;
  } else {
    std::error_code error;
    std::filesystem::remove_all(elsewhere.data_root, error);
  }
  return modules;
}

LocalModules::~LocalModules() {
  catalog_.reset();
  runner_.reset();
  if (temporary_folder_.empty()) return;
  std::error_code error;
  std::filesystem::remove_all(temporary_folder_, error);
}

}  // namespace kubediag::cli
