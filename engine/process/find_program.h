// FindProgram: what a shell would execute by a name.
//
// Thread-safe. Command (command.h) wants an absolute path; this is where one comes from.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag::process {

// A name with a slash is a path already; any other is looked for in the absolute folders of `path`
// ("/usr/bin:/bin"): a relative one would run what lies about where the user happens to be.
// NotFound: there is no executable file of that name.
Result<std::string> FindProgram(const std::string& name, std::string_view path);

}  // namespace kubediag::process
