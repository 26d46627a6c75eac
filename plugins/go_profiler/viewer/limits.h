// Caps of the viewer. Sizes are bytes, counts are counts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kubediag::viewer {

// Rows of a flame graph in one answer: more than a screen can show, few enough for a browser.
inline constexpr uint32_t kMaxFlameRows = 250'000;
// Deeper rows are left out; Go itself records at most 128 frames a stack.
inline constexpr uint32_t kMaxFlameDepth = 65'535;
inline constexpr size_t kMinGzipBytes = 1024;  // smaller answers are sent as they are
inline constexpr int kGzipLevel = 4;           // of 12: a view is computed while somebody waits
inline constexpr size_t kCapabilityBytes = 16;

}  // namespace kubediag::viewer
