// LoadModule: a shared object in this process, checked. Never unloaded: a module's threads,
// exceptions and thread-local objects may outlive any use of it.
//
// Thread-safe. Runs the module's static constructors: only for processes that may be lost to it.
#pragma once

#include <kubediag/abi.h>

#include <string>

#include "engine/core/result.h"
#include "engine/operation/descriptor.h"

namespace kubediag::operation {

struct LoadedModule {
  ModuleDescriptor descriptor;
  const kubediag_module* module = nullptr;  // checked; lives as long as the process

  // Null if the module has no such operation.
  const kubediag_operation* Find(const std::string& operation) const;
  const OperationDescriptor* FindDescriptor(const std::string& operation) const;
};

// `path` is absolute, or /proc/self/fd/N. FailedPrecondition with one reason for each defect:
// NotAModule (no shared object, or without the symbol), LoadFailed (the dynamic linker refuses it),
// and those of ReadModule(). `shown` names the file in messages.
Result<LoadedModule> LoadModule(const std::string& path, const std::string& shown);

}  // namespace kubediag::operation
