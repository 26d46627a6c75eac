// The hottest functions of one sample type: pprof's -top.
//
// Plain data; building is linear in the length of the distinct stacks, and sorting in the number of
// functions times its logarithm. Values are in the unit of the sample type.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/core/result.h"
#include "plugins/go_profiler/report/frame_table.h"

namespace kubediag::report {

enum class TopOrder { kFlat, kCum };

enum class InlineMark : uint8_t { kNone, kInline, kPartial };

struct TopOptions {
  uint32_t sample_type = 0;  // index in Profile::SampleTypes()
  TopOrder order = TopOrder::kFlat;
  uint32_t node_count = 0;       // 0: all
  double node_fraction = 0.005;  // functions with less |cum| than this part of the flat sum go
  double edge_fraction = 0.001;  // calls that weigh less do not count for the inline mark
};

struct TopRow {
  uint32_t frame = 0;
  InlineMark inlined = InlineMark::kNone;
  int64_t flat = 0;  // spent in the function itself
  int64_t cum = 0;   // with what it calls; once a stack, however often the function is on it
};

struct Top {
  std::vector<TopRow> rows;     // sorted: |flat| (or |cum|) descending, then name
  int64_t total = 0;            // Σ |value| over all samples: what percentages refer to
  uint32_t function_count = 0;  // functions with a cost, before anything was left out
  uint32_t dropped = 0;         // of these, left out because of node_fraction
  int64_t cutoff = 0;           // |cum| they stayed below
};

// InvalidArgument: no such sample type. Cancelled: `stop` was requested.
Result<Top> BuildTop(const FrameTable& frames, const TopOptions& options,
                     const std::stop_token& stop = {});

// Σ |value| of one sample type, wrapping as pprof's does.
int64_t Total(const profile::Profile& profile, uint32_t sample_type);

}  // namespace kubediag::report
