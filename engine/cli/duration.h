// Durations as people give them on the command line, in KubeDiag's (Go's) way. Pure functions.
#pragma once

#include <chrono>
#include <string>

#include "engine/core/result.h"

namespace kubediag::cli {

// "240h", "1h30m", "90s": whole numbers with units h, m and s, or just 0. InvalidArgument for
// anything else, and above ten years.
Result<std::chrono::seconds> ParseDuration(const std::string& text);

}  // namespace kubediag::cli
