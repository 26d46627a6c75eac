// Caps and intervals of the operation go-profiler. Sizes are bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/core/limits.h"

namespace kubediag::go_profiler {

inline constexpr uint64_t kMaxProfileBytes = 64 * kMiB;     // as downloaded
inline constexpr int64_t kMaxSeconds = 3600;                // of a recording
inline constexpr int64_t kDefaultCpuSeconds = 30;           // Go's own default
inline constexpr int64_t kDefaultExpirationSeconds = 7200;  // KubeDiag 0.2
inline constexpr int64_t kMaxExpirationSeconds = int64_t{30} * 24 * 3600;
// A loaded API server takes its time even for what needs no recording.
inline constexpr std::chrono::seconds kDownloadTimeout{60};
inline constexpr std::chrono::seconds kStallTimeout{20};
inline constexpr std::chrono::seconds kMinDownloadTime{2};  // must be left beside the recording
inline constexpr std::chrono::seconds kAnswerTimeout{5};    // of our own page, over loopback
inline constexpr std::chrono::minutes kDefaultTimeout{10};  // of a run
inline constexpr size_t kHottestFunctions = 5;
inline constexpr size_t kMaxFunctionNameBytes = 120;  // in the text of the hottest
inline constexpr size_t kMaxFileNameBytes = 255;

}  // namespace kubediag::go_profiler
