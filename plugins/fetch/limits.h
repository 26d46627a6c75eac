// Caps and intervals of a fetch. Sizes are bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/core/limits.h"

namespace kubediag::fetch {

inline constexpr size_t kMaxUrlBytes = 8 * kKiB;
inline constexpr size_t kMaxTokenBytes = 64 * kKiB;
inline constexpr size_t kMaxCaBytes = kMiB;
inline constexpr size_t kMaxPostBytes = 160 * kMiB;  // a parameter map with all its results
inline constexpr size_t kMaxAllowedCidrs = 256;
inline constexpr size_t kMaxRequestBytes = kMaxPostBytes + 4 * kMiB;
inline constexpr size_t kMaxAnswerBytes = 64 * kKiB;  // the outcome on standard output
inline constexpr size_t kMaxHeaderBytes = 64 * kKiB;  // all header lines of one response
inline constexpr size_t kMaxSnippetBytes = 512;       // of a refusing server's own words
inline constexpr size_t kMaxContentTypeBytes = 256;

inline constexpr std::chrono::milliseconds kDefaultConnectTimeout{10'000};
inline constexpr std::chrono::milliseconds kDefaultTotalTimeout{30'000};
inline constexpr std::chrono::seconds kDefaultStallTimeout{20};
inline constexpr std::chrono::seconds kMaxTotalTimeout{24 * 3600};
// Slower than this, on average over the stall time, counts as stalled.
inline constexpr long kStallBytesPerSecond = 64;

// What the fetch program takes from the machine at most.
inline constexpr uint64_t kFetchMemoryBytes = 768 * kMiB;  // address space
inline constexpr uint64_t kFetchDescriptors = 64;

}  // namespace kubediag::fetch
