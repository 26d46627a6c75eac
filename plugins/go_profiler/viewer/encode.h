// What the page fetches, as bytes. Pure functions; the formats are those of ui/src/data.ts.
//
// Foreign text reaches the page only as JSON strings, with bytes that are no UTF-8 replaced.
#pragma once

#include <cstdint>
#include <string>

#include "plugins/go_profiler/profile/profile.h"
#include "plugins/go_profiler/report/flame_tree.h"
#include "plugins/go_profiler/report/frame_table.h"
#include "plugins/go_profiler/report/top.h"
#include "plugins/go_profiler/viewer/options.h"

namespace kubediag::viewer {

// Columns, little-endian: header {"KDF1", rows, pruned, 0} as u32, then self f64, total f64,
// use u32 (frame × 2 + inlined), depth u16. Rows beyond kMaxFlameDepth are left out.
std::string EncodeFlameTree(const report::FlameTree& tree);

// {"unit", "total", "frame": […], "flat": […], "cum": […], "inlined": […]}
std::string EncodeTop(const report::Top& top, const profile::Profile& profile,
                      uint32_t sample_type);

// {"names": […], "fileOf": […], "files": […]}
std::string EncodeFrames(const report::FrameTable& frames);

// What the head of the page says; `now_millis` is the server's clock, so that a reader's wrong
// clock does not matter for the countdown.
std::string EncodeMeta(const profile::Profile& profile, const report::FrameTable& frames,
                       const ViewerOptions& options, uint64_t file_size, int64_t now_millis);

}  // namespace kubediag::viewer
