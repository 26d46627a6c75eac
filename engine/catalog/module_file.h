// Module files as they lie in an operations folder: found, opened and judged, without being loaded.
//
// Trust: a folder and a file must belong to root or the running user and be writable by no one
// else, or another user could have his code run as ours. Every refusal is a Status whose reason is
// a CamelCase word and whose message says what to do. Thread-safe: no state.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::catalog {

// True for names that are modules: *.so, not hidden.
bool IsModuleName(std::string_view name);

// NotFound for a missing folder; refused: FolderNotTrusted, FolderUnreadable.
Result<UniqueFd> OpenOperationsFolder(const std::string& path);

// Names of the modules in an open folder, sorted. ResourceExhausted beyond kMaxModules.
Result<std::vector<std::string>> ListModules(const UniqueFd& folder, const std::string& path);

// What tells one content of a file from another without reading it.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  int64_t modified = 0;  // nanoseconds since the epoch
  int64_t changed = 0;   // likewise; moves with every write and chmod
  bool operator==(const FileIdentity&) const = default;
};

struct ModuleFile {
  UniqueFd fd;
  FileIdentity identity;
};

// Opens `name` in the folder without following a symbolic link. Refused: SymbolicLink,
// NotRegularFile, FileNotTrusted, FileEmpty, FileTooLarge, FileUnreadable, BeingWritten. NotFound
// if it has vanished.
Result<ModuleFile> OpenModuleFile(const UniqueFd& folder, const std::string& name);

}  // namespace kubediag::catalog
