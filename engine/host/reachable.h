// Whether the operation user gets to the programs that operations start. Thread-safe.
#pragma once

#include <string>

#include "engine/core/status.h"
#include "engine/host/process_runner.h"

namespace kubediag::host {

// PermissionDenied that names the folder, of `folder` (absolute) and those above it, that `user`
// may not enter by its mode. A folder with an access control list counts as open: that cannot be
// told.
Status CheckReachable(const std::string& folder, const OperationUser& user);

}  // namespace kubediag::host
