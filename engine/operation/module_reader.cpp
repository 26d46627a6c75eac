#include "engine/operation/module_reader.h"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/limits.h"
#include "engine/operation/parameter_reader.h"
#include "engine/operation/table_checks.h"
#include "engine/operation/text.h"

namespace kubediag::operation {
namespace {

// Sizes as of version 1.0: the least any module can have been compiled with.
constexpr size_t kModuleSize =
    offsetof(kubediag_module, operation_count) + sizeof(kubediag_module::operation_count);
constexpr size_t kOperationSize =
    offsetof(kubediag_operation, restore) + sizeof(kubediag_operation::restore);

Status CheckVersion(const kubediag_module& module) {
  if (module.abi_major == KUBEDIAG_ABI_MAJOR && module.abi_minor <= KUBEDIAG_ABI_MINOR) return {};
  const auto version = [](uint32_t major, uint32_t minor) {
    return std::to_string(major) + "." + std::to_string(minor);
  };
  const bool newer =
      module.abi_major > KUBEDIAG_ABI_MAJOR || (module.abi_major == KUBEDIAG_ABI_MAJOR);
  return Defect("AbiMismatch", "module needs ABI " + version(module.abi_major, module.abi_minor) +
                                   ", this engine has " +
                                   version(KUBEDIAG_ABI_MAJOR, KUBEDIAG_ABI_MINOR) +
                                   ": built for " + (newer ? "a newer" : "an older") + " kubediag");
}

Status CheckFeatures(const kubediag_operation& operation, const std::string& where) {
  const uint64_t unknown = operation.required_features & ~KUBEDIAG_FEATURES_KNOWN;
  if (unknown != 0) {
    return Defect("UnknownFeature", where + ": descriptor needs ABI feature " + Hex(unknown) +
                                        ", this engine knows " + Hex(KUBEDIAG_FEATURES_KNOWN) +
                                        ": built for a newer kubediag");
  }
  const uint64_t features = operation.required_features | operation.optional_features;
  if (operation.restore != nullptr && (features & KUBEDIAG_FEATURE_SERVES_HTTP) == 0) {
    return Defect("HalfGroup", where + ": restore() without the feature serves-http");
  }
  return {};
}

Result<OperationDescriptor> ReadOperation(const kubediag_operation* borrowed,
                                          const std::string& position) {
  KUBEDIAG_RETURN_IF_ERROR(CheckTable(borrowed, kOperationSize, position));
  const kubediag_operation operation = Fitted(*borrowed);
  OperationDescriptor descriptor;
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.name,
                            ReadText(operation.name, kMaxResultKeyBytes, position + ".name"));
  if (!IsOperationName(descriptor.name)) {
    return Defect("BadName", position + ".name: \"" + ToReadableText(descriptor.name, 80) +
                                 "\" is not 1-63 of [a-z0-9-]");
  }
  const std::string where = "operation " + descriptor.name;
  if (operation.run == nullptr) return Defect("NullEntry", where + ": run is null");
  KUBEDIAG_RETURN_IF_ERROR(CheckFeatures(operation, where));
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.version,
                            ReadText(operation.version, kMaxDocBytes, where + ": version"));
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.doc, ReadText(operation.doc, kMaxDocBytes, where + ": doc"));
  KUBEDIAG_ASSIGN_OR_RETURN(
      descriptor.artifact_folder,
      ReadText(operation.artifact_folder, kMaxRelativePathBytes, where + ": artifact_folder"));
  if (!descriptor.artifact_folder.empty() && !IsRelativePath(descriptor.artifact_folder)) {
    return Defect("BadArtifactFolder", where + ": artifact_folder is not a relative path");
  }
  constexpr auto kLongest = static_cast<uint64_t>(std::chrono::nanoseconds::max().count());
  descriptor.default_timeout =
      std::chrono::nanoseconds(static_cast<int64_t>(std::min(operation.default_timeout, kLongest)));
  descriptor.required_features = operation.required_features;
  descriptor.optional_features = operation.optional_features;
  descriptor.restorable = operation.restore != nullptr;
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.parameters,
                            ReadParameters(operation.parameters, operation.parameter_count, where));
  KUBEDIAG_ASSIGN_OR_RETURN(
      descriptor.secrets,
      ReadSecrets(operation.secrets, operation.secret_count, descriptor.parameters, where));
  return descriptor;
}

}  // namespace

Result<ModuleDescriptor> ReadModule(const kubediag_module* borrowed) {
  if (borrowed == nullptr) return Defect("Declined", "the module declines this engine");
  KUBEDIAG_RETURN_IF_ERROR(CheckTable(borrowed, kModuleSize, "module"));
  const kubediag_module module = Fitted(*borrowed);
  KUBEDIAG_RETURN_IF_ERROR(CheckVersion(module));
  if (module.operation_count == 0) return Defect("NoOperations", "the module has no operation");
  KUBEDIAG_RETURN_IF_ERROR(CheckList(module.operations, module.operation_count,
                                     kMaxOperationsOfModule, "module.operations"));
  ModuleDescriptor descriptor;
  descriptor.abi_major = module.abi_major;
  descriptor.abi_minor = module.abi_minor;
  std::set<std::string> names;
  for (size_t i = 0; i < module.operation_count; ++i) {
    KUBEDIAG_ASSIGN_OR_RETURN(
        OperationDescriptor operation,
        ReadOperation(module.operations[i], "operations[" + std::to_string(i) + "]"));
    if (!names.insert(operation.name).second) {
      return Defect("DuplicateOperation", "operation " + operation.name + " is declared twice");
    }
    descriptor.operations.push_back(std::move(operation));
  }
  return descriptor;
}

}  // namespace kubediag::operation
