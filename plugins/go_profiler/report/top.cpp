#include "plugins/go_profiler/report/top.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "plugins/go_profiler/profile/intern_table.h"
#include "plugins/go_profiler/report/stack_weights.h"

namespace kubediag::report {
namespace {

constexpr uint32_t kStacksBetweenStops = 1024;

// What a frame cost; side by side, since frames come in no order.
struct Cost {
  int64_t flat = 0;
  int64_t cum = 0;
  uint32_t last_stack = profile::kNone;
};

// |trunc(total · fraction)|, clamped instead of undefined.
int64_t Cutoff(int64_t total, double fraction) {
  const double cutoff = std::abs(std::trunc(static_cast<double>(total) * fraction));
  return cutoff < 9.2e18 ? static_cast<int64_t>(cutoff) : INT64_MAX;
}

bool SumCosts(const FrameTable& frames, const StackWeights& weights, const std::stop_token& stop,
              std::vector<Cost>& costs) {
  const profile::Profile& profile = frames.profile();
  costs.resize(frames.size());
  for (uint32_t stack = 0; stack < profile.StackCount(); ++stack) {
    if (stack % kStacksBetweenStops == 0 && stop.stop_requested()) return false;
    const int64_t weight = weights.sum[stack];
    if (weight == 0) continue;
    const std::span<const uint32_t> locations = profile.Stack(stack);
    for (const uint32_t location : locations) {
      for (const FrameUse use : frames.At(location)) {
        Cost& cost = costs[use.frame()];
        if (cost.last_stack == stack) continue;
        cost.last_stack = stack;
        cost.cum = WrapAdd(cost.cum, weight);
      }
    }
    if (!locations.empty()) {
      Cost& leaf = costs[frames.At(locations.front()).front().frame()];
      leaf.flat = WrapAdd(leaf.flat, weight);
    }
  }
  return true;
}

// The calls between the functions that are shown, and which of them were inlined everywhere. Only
// calls of functions that are inlined somewhere are of interest.
class CallMarks {
 public:
  CallMarks(const FrameTable& frames, const std::vector<TopRow>& rows)
      : row_(frames.size(), profile::kNone),
        may_be_inlined_(rows.size()),
        rows_(static_cast<uint32_t>(rows.size())) {
    for (uint32_t i = 0; i < rows_; ++i) row_[rows[i].frame] = i;
    for (uint32_t location = 0; location < frames.profile().LocationCount(); ++location) {
      for (const FrameUse use : frames.At(location)) {
        const uint32_t row = row_[use.frame()];
        if (use.inlined() && row != profile::kNone) may_be_inlined_[row] = 1;
      }
    }
    if (rows_ <= kFewRows) {
      call_of_pair_.resize(size_t{rows_} * rows_, profile::kNone);
    } else {
      table_.Reset(1024);
    }
  }

  void Add(const FrameTable& frames, uint32_t stack, int64_t weight) {
    const std::span<const uint32_t> locations = frames.profile().Stack(stack);
    uint32_t caller = profile::kNone;
    for (size_t i = locations.size(); i-- > 0;) {
      const std::span<const FrameUse> uses = frames.At(locations[i]);
      for (size_t u = uses.size(); u-- > 0;) {
        const uint32_t row = row_[uses[u].frame()];
        if (row == profile::kNone) continue;
        if (may_be_inlined_[row] != 0 && caller != profile::kNone && caller != row) {
          AddCall(caller, row, stack, weight, uses[u].inlined());
        }
        caller = row;
      }
    }
  }

  void Mark(int64_t cutoff, std::vector<TopRow>& rows) const {
    std::vector<uint8_t> inlined(rows_);
    std::vector<uint8_t> called(rows_);
    for (const Call& call : calls_) {
      if (WrapAbs(call.weight) < cutoff) continue;
      (call.inlined ? inlined : called)[call.callee] = 1;
    }
    for (uint32_t i = 0; i < rows_; ++i) {
      if (inlined[i] == 0) continue;
      rows[i].inlined = called[i] != 0 ? InlineMark::kPartial : InlineMark::kInline;
    }
  }

 private:
  struct Call {
    uint32_t caller;  // rows
    uint32_t callee;
    uint32_t last_stack;
    bool inlined;
    int64_t weight;
  };

  static constexpr uint32_t kFewRows = 512;  // a table of pairs then fits a cache

  uint32_t FindCall(uint32_t caller, uint32_t callee, uint32_t next) {
    if (rows_ <= kFewRows) {
      uint32_t& call = call_of_pair_[size_t{caller} * rows_ + callee];
      if (call == profile::kNone) call = next;
      return call;
    }
    const uint32_t words[2] = {caller, callee};
    return table_.Intern(table_.Hash(words, 2), next, [&](uint32_t other) {
      return calls_[other].caller == caller && calls_[other].callee == callee;
    });
  }

  // Only the outermost occurrence on a stack counts (pprof: newGraph).
  void AddCall(uint32_t caller, uint32_t callee, uint32_t stack, int64_t weight, bool inlined) {
    const auto next = static_cast<uint32_t>(calls_.size());
    const uint32_t index = FindCall(caller, callee, next);
    if (index == next) {
      calls_.push_back({caller, callee, stack, inlined, weight});
      return;
    }
    Call& call = calls_[index];
    if (call.last_stack == stack) return;
    call.last_stack = stack;
    call.weight = WrapAdd(call.weight, weight);
    call.inlined = call.inlined && inlined;
  }

  std::vector<uint32_t> row_;            // by frame; kNone: not shown
  std::vector<uint8_t> may_be_inlined_;  // by row
  uint32_t rows_;
  std::vector<uint32_t> call_of_pair_;
  std::vector<Call> calls_;
  profile::InternTable table_;
};

}  // namespace

Result<Top> BuildTop(const FrameTable& frames, const TopOptions& options,
                     const std::stop_token& stop) {
  KUBEDIAG_ASSIGN_OR_RETURN(const StackWeights weights,
                            StackWeights::Of(frames.profile(), options.sample_type));
  std::vector<Cost> costs;
  if (!SumCosts(frames, weights, stop, costs)) return Status::Cancelled("top list");

  Top top;
  top.total = weights.total;
  int64_t flat_sum = 0;
  for (uint32_t frame = 0; frame < frames.size(); ++frame) {
    const Cost& cost = costs[frame];
    if (cost.flat == 0 && cost.cum == 0) continue;
    top.rows.push_back({frame, InlineMark::kNone, cost.flat, cost.cum});
    flat_sum = WrapAdd(flat_sum, cost.flat);
  }
  top.function_count = static_cast<uint32_t>(top.rows.size());
  top.cutoff = Cutoff(flat_sum, options.node_fraction);
  if (top.cutoff > 0) {
    std::erase_if(top.rows, [&](const TopRow& row) { return WrapAbs(row.cum) < top.cutoff; });
  }
  top.dropped = top.function_count - static_cast<uint32_t>(top.rows.size());

  const bool by_flat = options.order == TopOrder::kFlat;
  const auto before = [&](const TopRow& a, const TopRow& b) {
    const int64_t first_a = WrapAbs(by_flat ? a.flat : a.cum);
    const int64_t first_b = WrapAbs(by_flat ? b.flat : b.cum);
    if (first_a != first_b) return first_a > first_b;
    if (const int order = frames.Name(a.frame).compare(frames.Name(b.frame)); order != 0) {
      return order < 0;
    }
    const int64_t second_a = WrapAbs(by_flat ? a.cum : a.flat);
    const int64_t second_b = WrapAbs(by_flat ? b.cum : b.flat);
    return second_a != second_b ? second_a > second_b : a.frame < b.frame;
  };
  if (options.node_count != 0 && options.node_count < top.rows.size()) {
    const auto end = top.rows.begin() + options.node_count;
    std::partial_sort(top.rows.begin(), end, top.rows.end(), before);
    top.rows.erase(end, top.rows.end());
  } else {
    std::sort(top.rows.begin(), top.rows.end(), before);
  }

  CallMarks marks(frames, top.rows);
  for (uint32_t stack = 0; stack < frames.profile().StackCount(); ++stack) {
    if (stack % kStacksBetweenStops == 0 && stop.stop_requested()) {
      return Status::Cancelled("top list");
    }
    if (weights.magnitude[stack] != 0) marks.Add(frames, stack, weights.sum[stack]);
  }
  marks.Mark(Cutoff(flat_sum, options.edge_fraction), top.rows);
  return top;
}

int64_t Total(const profile::Profile& profile, uint32_t sample_type) {
  int64_t total = 0;
  for (uint32_t sample = 0; sample < profile.SampleCount(); ++sample) {
    total = WrapAdd(total, WrapAbs(profile.Value(sample, sample_type)));
  }
  return total;
}

}  // namespace kubediag::report
