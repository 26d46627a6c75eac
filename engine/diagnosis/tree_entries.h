// The entries of folders whose content is an operation's, not ours. Functions without state.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <string>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::diagnosis {

// As OpenAt(), but whatever is mounted beneath `directory` is not entered: FailedPrecondition
// "MountedHere".
Result<UniqueFd> OpenWithin(int directory, const std::string& path, int flags);
inline constexpr char kReasonMountedHere[] = "MountedHere";

// Makes a folder that is closed even to us ours, mode 0700; false if that is not allowed.
bool OpenUp(int directory, const std::string& name);

// Calls `visit` with each name in the directory until it returns false. Entries may be removed
// meanwhile. Not in any order; "." and ".." are left out.
Status ForEachName(int directory, const std::function<bool(const std::string& name)>& visit);

// When the file or what is told of it last changed, by the kernel's own record (ctime): whoever
// wrote the file may have set its other times to anything.
std::chrono::system_clock::time_point ChangeTimeOf(const struct stat& info);

}  // namespace kubediag::diagnosis
