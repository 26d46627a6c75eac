// Views: the answers the page fetches, computed when first asked for and kept.
//
// Safe to call from several threads: two that want the same view compute it once. A view whose
// computation was cancelled is computed again by the next caller.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "plugins/go_profiler/profile/profile.h"
#include "plugins/go_profiler/report/frame_table.h"

namespace kubediag::viewer {

// An encoded answer, compressed if that pays.
struct View {
  std::string bytes;
  bool gzip = false;
};

class Views {
 public:
  explicit Views(std::shared_ptr<const profile::Profile> profile);

  const profile::Profile& profile() const { return *profile_; }
  const report::FrameTable& frames() const { return frames_; }

  // InvalidArgument: no such sample type. Cancelled: `stop` was requested.
  Result<std::shared_ptr<const View>> Flame(uint32_t sample_type, const std::stop_token& stop);
  // What passes through `path` from the root, with the detail that Flame() left out there; not
  // kept. NotFound: nothing does.
  Result<std::shared_ptr<const View>> FlameBelow(uint32_t sample_type,
                                                 std::vector<report::FrameUse> path,
                                                 const std::stop_token& stop) const;
  Result<std::shared_ptr<const View>> Top(uint32_t sample_type, const std::stop_token& stop);
  std::shared_ptr<const View> Frames();

 private:
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<const View> view;
  };
  double MinFraction() const;
  template <typename Compute>
  static Result<std::shared_ptr<const View>> Get(Slot& slot, Compute compute);

  std::shared_ptr<const profile::Profile> profile_;
  report::FrameTable frames_;
  uint64_t stack_frames_ = 0;  // on all distinct stacks, inlined ones too
  std::vector<Slot> flames_;
  std::vector<Slot> tops_;
  Slot names_;
};

// Compresses `bytes` from kMinGzipBytes on.
View MakeView(std::string bytes);

}  // namespace kubediag::viewer
