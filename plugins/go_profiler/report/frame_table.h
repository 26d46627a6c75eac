// The frames of a profile at one granularity: what reports count and trees are made of.
//
// A frame is what pprof calls a node: functions that print the same name are one frame (at
// kFunctions), or one per source file (at kFileFunctions). A location without lines is a frame
// named after its mapping. Immutable after construction, usable from several threads; refers to
// the Profile, which must outlive it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/go_profiler/profile/profile.h"

namespace kubediag::report {

enum class Granularity { kFunctions, kFileFunctions };

// A frame on a stack, and whether the compiler had inlined it there.
struct FrameUse {
  uint32_t value = 0;

  static FrameUse Make(uint32_t frame, bool inlined) {
    return {(frame << 1) | static_cast<uint32_t>(inlined)};
  }
  uint32_t frame() const { return value >> 1; }
  bool inlined() const { return (value & 1) != 0; }
};

class FrameTable {
 public:
  explicit FrameTable(const profile::Profile& profile,
                      Granularity granularity = Granularity::kFunctions);

  uint32_t size() const { return static_cast<uint32_t>(frames_.size()); }
  const profile::Profile& profile() const { return *profile_; }

  // Frames of one location, innermost inlined callee first, never empty.
  std::span<const FrameUse> At(uint32_t location) const {
    return {uses_.data() + begin_[location], begin_[location + 1] - begin_[location]};
  }

  // The text pprof prints for the frame: name, file, "[binary]" or "<unknown>".
  const std::string& Name(uint32_t frame) const { return frames_[frame].name; }
  // The source file as the profile has it; empty when not known.
  std::string_view File(uint32_t frame) const;
  // The first function of the profile that this frame stands for; kNone for a location without
  // lines.
  uint32_t Function(uint32_t frame) const { return frames_[frame].function; }

 private:
  struct Frame {
    std::string name;
    uint32_t function = profile::kNone;
  };

  const profile::Profile* profile_;
  std::vector<Frame> frames_;
  std::vector<uint32_t> begin_;
  std::vector<FrameUse> uses_;
};

}  // namespace kubediag::report
