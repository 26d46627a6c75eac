#include "engine/operation/module_loader.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <exception>
#include <string_view>
#include <utility>

#include "engine/core/limits.h"
#include "engine/core/unique_fd.h"
#include "engine/operation/module_reader.h"
#include "engine/operation/table_checks.h"
#include "engine/operation/text.h"

namespace kubediag::operation {
namespace {

constexpr std::string_view kElfMagic = "\177ELF";

// The dynamic linker words the same defect in many ways; this one has a name.
Status CheckElf(const std::string& path, const std::string& shown) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Status::FromErrno("open " + shown, errno);
  char magic[4] = {};
  const ssize_t got = pread(fd.get(), magic, sizeof magic, 0);
  if (got != sizeof magic || std::string_view(magic, sizeof magic) != kElfMagic) {
    return Defect("NotAModule", shown + " is not a shared object");
  }
  return {};
}

// What the dynamic linker said: Boost puts words around it, and the errno of something else.
std::string LinkersWords(std::string_view what, const std::string& path) {
  constexpr std::string_view kBefore = "system message: ";
  const size_t begin = what.find(kBefore);
  const size_t end = what.rfind("): ");
  if (begin == std::string_view::npos || end == std::string_view::npos) return std::string(what);
  if (end < begin + kBefore.size()) return std::string(what);
  what = what.substr(begin + kBefore.size(), end - begin - kBefore.size());
  if (what.starts_with(path + ": ")) what.remove_prefix(path.size() + 2);
  return std::string(what);
}

Result<boost::dll::shared_library> Open(const std::string& path, const std::string& shown) {
  constexpr auto kMode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local |
                         static_cast<boost::dll::load_mode::type>(RTLD_NODELETE);
  try {
    return boost::dll::shared_library(path, kMode);
  } catch (const std::exception& exception) {
    return Defect("LoadFailed",
                  "load " + shown + ": " +
                      ToReadableText(LinkersWords(exception.what(), path), kMaxMessageBytes / 2));
  }
}

}  // namespace

const kubediag_operation* LoadedModule::Find(const std::string& operation) const {
  const auto& operations = descriptor.operations;
  const auto found =
      std::find_if(operations.begin(), operations.end(),
                   [&](const OperationDescriptor& known) { return known.name == operation; });
  if (found == operations.end()) return nullptr;
  return module->operations[found - operations.begin()];
}

const OperationDescriptor* LoadedModule::FindDescriptor(const std::string& operation) const {
  for (const OperationDescriptor& known : descriptor.operations) {
    if (known.name == operation) return &known;
  }
  return nullptr;
}

Result<LoadedModule> LoadModule(const std::string& path, const std::string& shown) {
  KUBEDIAG_RETURN_IF_ERROR(CheckElf(path, shown));
  KUBEDIAG_ASSIGN_OR_RETURN(boost::dll::shared_library library, Open(path, shown));
  if (!library.has(KUBEDIAG_MODULE_SYMBOL)) {
    return Defect("NotAModule", shown + " does not export " KUBEDIAG_MODULE_SYMBOL);
  }
  auto& function = library.get<const kubediag_module*(uint32_t, uint32_t)>(KUBEDIAG_MODULE_SYMBOL);
  LoadedModule loaded;
  try {
    loaded.module = function(KUBEDIAG_ABI_MAJOR, KUBEDIAG_ABI_MINOR);
  } catch (...) {
    return Defect("OperationThrew", KUBEDIAG_MODULE_SYMBOL " threw an exception");
  }
  KUBEDIAG_ASSIGN_OR_RETURN(loaded.descriptor, ReadModule(loaded.module));
  return loaded;
}

}  // namespace kubediag::operation
