// Faults: the ways in which a server can fail its client, by name.
#pragma once

#include <string_view>
#include <vector>

#include "plugins/go_profiler/demo/server.h"

namespace kubediag::demo {

// Answers `request` as fault `name` would have it; `good` is the answer a healthy server gives.
// Returns like a Handler. An unknown name is answered with 404.
bool Misbehave(std::string_view name, const Response& good, std::string_view redirect_to,
               Connection& connection);

std::vector<std::string_view> FaultNames();

}  // namespace kubediag::demo
