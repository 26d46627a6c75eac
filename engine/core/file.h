// Files read and written whole, with caps, and never half.
//
// Names given to the *At functions are single path components or relative paths beneath a directory
// descriptor: they are resolved with openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), so a crafted
// name cannot leave the directory. All functions may be called from several threads.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag {

// ResourceExhausted if the file holds more than `max_bytes`; errno codes otherwise, with the path
// in the message.
Result<std::string> ReadFile(const std::string& path, size_t max_bytes);
// The same from an open descriptor, from its current position to the end.
Result<std::string> ReadAll(int fd, std::string_view name, size_t max_bytes);
// Writes all bytes, through short writes and EINTR.
Status WriteAll(int fd, std::string_view bytes);

// Opens `path` as a directory, O_CLOEXEC; creates it and its parents (0700) first.
Result<UniqueFd> OpenDirectory(const std::string& path);
Result<UniqueFd> MakeDirectory(const std::string& path);
// A directory beneath `directory_fd`, created with mode 0700 where a component is missing.
Result<UniqueFd> MakeDirectoryAt(int directory_fd, std::string_view relative_path);
// A file beneath `directory_fd`; `flags` as for open(2), O_CLOEXEC added; mode 0600 if created.
Result<UniqueFd> OpenAt(int directory_fd, std::string_view relative_path, int flags);

// Makes a directory ours, mode 0700, whoever's it was and whatever its owner has made of it.
Status TakeDirectory(int directory_fd);

// Replaces `name` in the directory by `bytes` or leaves it as it was: temporary name, fsync,
// rename, fsync of the directory. `mode` is narrowed by the umask.
Status ReplaceFileAt(int directory_fd, const std::string& name, std::string_view bytes,
                     mode_t mode = 0600);

}  // namespace kubediag
