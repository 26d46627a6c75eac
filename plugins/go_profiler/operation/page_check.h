// Asks a page of our own whether it answers, so that nobody is sent to one that does not.
#pragma once

#include <string>

#include "engine/core/deadline.h"
#include "engine/core/status.h"

namespace kubediag::go_profiler {

// Gets the page at `base_url` through the socket it is served on, whatever host the URL names:
// that one need not be reachable from here. Ok if it answers 200. Unavailable otherwise.
Status CheckPage(int listen_socket, const std::string& base_url, Deadline deadline);

}  // namespace kubediag::go_profiler
