// Text from programs that promise nothing, made fit for messages. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kubediag::exchange {

// The last `max_bytes` of `bytes` as one line: line ends become "; ", other control characters '.',
// "…" in front if something was cut.
std::string TailLine(std::string_view bytes, size_t max_bytes);

}  // namespace kubediag::exchange
