// The call tree of one sample type, as columns in preorder: what a flame graph draws.
//
// Row 0 is the root ("all samples"); the children of a row follow it, the heaviest first, ties by
// name. The rows of the subtree of row i are i .. i + subtree_size - 1, found by depth. Plain data:
// const access from several threads is safe. Values are in the unit of the sample type; sums wrap
// as pprof's do.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/core/result.h"
#include "plugins/go_profiler/report/frame_table.h"

namespace kubediag::report {

enum class Direction {
  kCallees,  // the root's children are the outermost functions
  kCallers,  // the root's children are the functions that cost something themselves
};

struct FlameTreeOptions {
  uint32_t sample_type = 0;  // index in Profile::SampleTypes()
  Direction direction = Direction::kCallees;
  // Subtrees whose |values| sum to less than this fraction of the root's are left out, with the
  // value still in their parent's total. 0 keeps all.
  double min_fraction = 0;
  // More rows than this are an error: raise min_fraction.
  uint32_t max_rows = 1U << 22;
  // Only what passes through this path from the root; row 0 then stands for the path's last
  // frame. For a closer look at a subtree that was pruned. Empty: everything.
  std::vector<FrameUse> path = {};
};

struct FlameTree {
  std::vector<uint32_t> parent;  // row; the root's is kNone
  std::vector<uint32_t> depth;   // the root's is 0
  std::vector<FrameUse> use;     // the root's frame is no frame: do not look it up
  std::vector<int64_t> self;     // kCallees: spent in the frame itself
  std::vector<int64_t> total;    // with everything below, pruned subtrees too
  uint64_t absolute_total = 0;   // Σ |value| of the root's samples, saturating
  uint32_t pruned = 0;           // subtrees left out

  uint32_t size() const { return static_cast<uint32_t>(parent.size()); }
};

// Linear in the length of the distinct stacks with their inlined frames. InvalidArgument: no such
// sample type. NotFound: nothing passes through the path. ResourceExhausted: more than max_rows.
// Cancelled: `stop` was requested.
Result<FlameTree> BuildFlameTree(const FrameTable& frames, const FlameTreeOptions& options,
                                 const std::stop_token& stop = {});

}  // namespace kubediag::report
