// Capabilities of this process: which it needs to run operations as another user, and how a run of
// that user is left without any.
//
// They belong to threads: these functions are about the calling one, and what it starts.
#pragma once

#include "engine/core/status.h"
#include "engine/host/process_runner.h"

namespace kubediag::host {

// PermissionDenied that names what is missing to run operations as `user`, to end them and to have
// what they leave.
Status CheckCapabilitiesFor(const OperationUser& user);

// Those that programs started from now on may gain. Without the right to (CAP_SETPCAP) it stays as
// it is: with no_new_privs and nothing else left, there is no way to make use of them.
Status DropBoundingSet();

// All the others: ambient, permitted, effective and inheritable. A change of user does so for one
// that was root only.
Status DropCapabilities();

}  // namespace kubediag::host
