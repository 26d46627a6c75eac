// Caps of the viewer. Sizes are bytes, counts are counts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kubediag::viewer {

// A profile whose stacks have no more frames than this is sent whole: so many boxes a browser holds
// with ease.
inline constexpr uint64_t kMaxWholeTreeFrames = 200'000;
// Of a larger one, subtrees below this part of the whole are fetched when a reader zooms in: they
// are less than half a pixel on the widest screens.
inline constexpr double kMinFlameFraction = 1e-4;
inline constexpr size_t kMaxFlamePath = 4096;  // frames of the row that a reader zooms into
// Deeper rows are left out; Go itself records at most 128 frames a stack.
inline constexpr uint32_t kMaxFlameDepth = 65'535;
inline constexpr size_t kMinGzipBytes = 1024;  // smaller answers are sent as they are
inline constexpr int kGzipLevel = 4;           // of 12: a view is computed while somebody waits
inline constexpr size_t kCapabilityBytes = 16;

}  // namespace kubediag::viewer
