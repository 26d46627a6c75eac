// What each distinct stack of a profile cost, for one sample type.
//
// Reports need stacks, not samples: summing first saves them the samples that differ only in their
// labels. Plain data. Sums wrap as pprof's do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "plugins/go_profiler/profile/profile.h"

namespace kubediag::report {

// Two's complement sums: hostile values must not be undefined behaviour.
inline int64_t WrapAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
// |INT64_MIN| stays INT64_MIN, as in Go.
inline int64_t WrapAbs(int64_t value) { return value < 0 ? WrapAdd(~value, 1) : value; }

inline uint64_t Magnitude(int64_t value) {
  return value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
}
inline uint64_t SaturatingAdd(uint64_t a, uint64_t b) { return a + b < a ? UINT64_MAX : a + b; }

struct StackWeights {
  std::vector<int64_t> sum;         // by stack
  std::vector<uint64_t> magnitude;  // Σ |value|, saturating; 0: no sample of the stack counts
  int64_t total = 0;                // Σ |value| of all samples, wrapping
  uint64_t absolute_total = 0;      // the same, saturating

  // InvalidArgument if the profile has no such sample type.
  static Result<StackWeights> Of(const profile::Profile& profile, uint32_t sample_type) {
    if (sample_type < profile.SampleTypes().size()) return StackWeights(profile, sample_type);
    return Status::InvalidArgument("profile has no sample type " + std::to_string(sample_type));
  }

 private:
  StackWeights(const profile::Profile& profile, uint32_t sample_type)
      : sum(profile.StackCount()), magnitude(profile.StackCount()) {
    for (uint32_t sample = 0; sample < profile.SampleCount(); ++sample) {
      const int64_t value = profile.Value(sample, sample_type);
      const uint32_t stack = profile.SampleStack(sample);
      sum[stack] = WrapAdd(sum[stack], value);
      magnitude[stack] = SaturatingAdd(magnitude[stack], Magnitude(value));
      total = WrapAdd(total, WrapAbs(value));
      absolute_total = SaturatingAdd(absolute_total, Magnitude(value));
    }
  }
};

}  // namespace kubediag::report
