// What the operation host does to itself before it loads foreign code.
#pragma once

#include "engine/core/status.h"
#include "engine/host/host_arguments.h"

namespace kubediag::host {

// Another user, without any capability, if asked for; no_new_privs, the parent-death signal (TERM),
// child subreaper, and the limits: address space (not under sanitizers, whose shadow needs all of
// it), file size, descriptors, CPU time, no core file. Not ok: the host must not go on.
Status Confine(const HostArguments& arguments);

}  // namespace kubediag::host
