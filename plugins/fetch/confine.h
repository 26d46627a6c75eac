// Limits the fetch program puts on itself before it talks to anybody.
#pragma once

#include "engine/core/status.h"
#include "plugins/fetch/request.h"

namespace kubediag::fetch {

// First thing in main: dies with its parent, no core file with a token in it, nothing gained by
// executing something.
Status ConfineEarly();

// Once the request is known: memory, descriptors, file size and processor time it can need.
Status ConfineTo(const Request& request);

}  // namespace kubediag::fetch
