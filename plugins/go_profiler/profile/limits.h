// What a profile may cost at most. Profiles come from servers that are not trusted.
//
// Sizes are bytes, counts are counts. All counts stay below 2^32, so that references fit 32 bits.
// The defaults admit everything a Go program writes (the largest public complaint about a viewer
// is a profile of 80 MB) and bound a decoded profile to about 1 GiB, whatever the bytes say.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kubediag::profile {

struct Limits {
  size_t compressed_bytes = size_t{64} << 20;
  size_t inflated_bytes = size_t{256} << 20;
  uint32_t gzip_members = 1U << 16;
  uint32_t sample_types = 64;
  uint32_t samples = 1U << 24;
  uint32_t values = 1U << 25;            // samples × sample types
  uint32_t stack_references = 1U << 26;  // sum of the lengths of the distinct stacks
  uint32_t stack_frames = 1U << 26;      // the same with inlined functions: lines of locations
  uint32_t labels = 1U << 22;            // sum of the sizes of the distinct label sets
  uint32_t mappings = 1U << 16;
  uint32_t locations = 1U << 22;
  uint32_t lines = 1U << 23;
  uint32_t functions = 1U << 22;
  uint32_t strings = 1U << 24;
  uint32_t comments = 1U << 12;
};

// DEFLATE cannot expand more than this; a larger claim in a gzip trailer is a lie.
inline constexpr size_t kMaxDeflateRatio = 1032;

}  // namespace kubediag::profile
