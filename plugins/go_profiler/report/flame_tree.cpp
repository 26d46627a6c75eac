#include "plugins/go_profiler/report/flame_tree.h"

#include <algorithm>
#include <string>

#include "plugins/go_profiler/report/stack_weights.h"

namespace kubediag::report {
namespace {

constexpr uint32_t kStepsBetweenStops = 4096;

// The stacks that cost something, written out as frames in the order the tree descends.
struct Sequences {
  std::vector<uint32_t> begin;  // one more than there are stacks
  std::vector<FrameUse> uses;
  std::vector<int64_t> sum;
  std::vector<uint64_t> magnitude;

  uint32_t Length(uint32_t i) const { return begin[i + 1] - begin[i]; }
};

Sequences WriteOut(const FrameTable& frames, const StackWeights& weights, Direction direction) {
  const profile::Profile& profile = frames.profile();
  Sequences out;
  out.begin.push_back(0);
  out.uses.reserve(profile.columns().stack_locations.size());
  for (uint32_t stack = 0; stack < profile.StackCount(); ++stack) {
    if (weights.magnitude[stack] == 0) continue;
    const std::span<const uint32_t> locations = profile.Stack(stack);
    if (direction == Direction::kCallers) {
      for (const uint32_t location : locations) {
        const std::span<const FrameUse> uses = frames.At(location);
        out.uses.insert(out.uses.end(), uses.begin(), uses.end());
      }
    } else {
      for (size_t i = locations.size(); i-- > 0;) {
        const std::span<const FrameUse> uses = frames.At(locations[i]);
        for (size_t u = uses.size(); u-- > 0;) out.uses.push_back(uses[u]);
      }
    }
    out.begin.push_back(static_cast<uint32_t>(out.uses.size()));
    out.sum.push_back(weights.sum[stack]);
    out.magnitude.push_back(weights.magnitude[stack]);
  }
  return out;
}

// Sequences that agree in their first frames: one row of the tree.
struct Group {
  uint32_t begin;  // in TreeBuilder::order_
  uint32_t end;
  uint32_t depth;   // row depth = frames in common
  uint32_t prefix;  // frames in common, the path's too
  uint32_t parent;
  FrameUse use;
  int64_t sum;
  uint64_t magnitude;
};

// Splits groups by their next frame, the heaviest part first, with a stack of its own: a deep
// profile costs memory, not call depth. Each frame of each sequence is looked at once.
class TreeBuilder {
 public:
  TreeBuilder(const FrameTable& frames, const Sequences& sequences)
      : frames_(frames), s_(sequences), slot_of_use_(size_t{frames.size()} * 2, profile::kNone) {}

  // Adds what passes through `path` to the tree; false when nothing does.
  bool Start(const std::vector<FrameUse>& path, double min_fraction) {
    Group root{};
    root.parent = profile::kNone;
    root.use.value = path.empty() ? profile::kNone : path.back().value;
    root.prefix = static_cast<uint32_t>(path.size());
    for (uint32_t i = 0; i < s_.sum.size(); ++i) {
      if (s_.Length(i) < path.size() ||
          !std::equal(path.begin(), path.end(), s_.uses.begin() + s_.begin[i],
                      [](FrameUse a, FrameUse b) { return a.value == b.value; })) {
        continue;
      }
      order_.push_back(i);
      root.sum = WrapAdd(root.sum, s_.sum[i]);
      root.magnitude = SaturatingAdd(root.magnitude, s_.magnitude[i]);
    }
    if (order_.empty() && !path.empty()) return false;
    root.end = static_cast<uint32_t>(order_.size());
    tree_.absolute_total = root.magnitude;
    least_ = min_fraction * static_cast<double>(root.magnitude);
    moved_.resize(order_.size());
    child_of_.resize(order_.size());
    pending_.push_back(root);
    return true;
  }

  Status Run(uint32_t max_rows, const std::stop_token& stop) {
    for (uint32_t step = 0; !pending_.empty(); ++step) {
      if (step % kStepsBetweenStops == 0 && stop.stop_requested()) {
        return Status::Cancelled("flame tree");
      }
      const Group group = pending_.back();
      pending_.pop_back();
      const bool is_chain = group.end - group.begin == 1;
      const uint32_t rows = is_chain ? s_.Length(order_[group.begin]) - group.prefix + 1 : 1;
      if (rows > max_rows - tree_.size()) {
        return Status::ResourceExhausted("call tree has more than " + std::to_string(max_rows) +
                                         " rows; leave out its small parts");
      }
      if (is_chain) {
        AddChain(group);
      } else {
        Split(group, AddRow(group));
      }
    }
    return Status::Ok();
  }

  FlameTree Take() { return std::move(tree_); }

 private:
  uint32_t AddRow(const Group& group) {
    const uint32_t row = tree_.size();
    tree_.parent.push_back(group.parent);
    tree_.depth.push_back(group.depth);
    tree_.use.push_back(group.use);
    tree_.self.push_back(0);
    tree_.total.push_back(group.sum);
    return row;
  }

  // A single sequence needs no splitting: the rest of it is a chain of rows.
  void AddChain(Group group) {
    const uint32_t sequence = order_[group.begin];
    const FrameUse* use = s_.uses.data() + s_.begin[sequence] + group.prefix;
    const FrameUse* const end = s_.uses.data() + s_.begin[sequence + 1];
    uint32_t row = AddRow(group);
    for (; use != end; ++use) {
      group.parent = row;
      ++group.depth;
      group.use = *use;
      row = AddRow(group);
    }
    tree_.self[row] = group.sum;
  }

  void Split(const Group& group, uint32_t row) {
    children_.clear();
    for (uint32_t i = group.begin; i < group.end; ++i) {
      const uint32_t sequence = order_[i];
      const uint32_t at = s_.begin[sequence] + group.prefix;
      if (at == s_.begin[sequence + 1]) {
        tree_.self[row] = WrapAdd(tree_.self[row], s_.sum[sequence]);
        child_of_[i] = profile::kNone;
        continue;
      }
      const FrameUse use = s_.uses[at];
      uint32_t& slot = slot_of_use_[use.value];
      if (slot == profile::kNone) {
        slot = static_cast<uint32_t>(children_.size());
        children_.push_back({0, 0, group.depth + 1, group.prefix + 1, row, use, 0, 0});
      }
      Group& child = children_[slot];
      ++child.end;
      child.sum = WrapAdd(child.sum, s_.sum[sequence]);
      child.magnitude = SaturatingAdd(child.magnitude, s_.magnitude[sequence]);
      child_of_[i] = slot;
    }
    if (children_.empty()) return;

    // Each child takes its own part of the group's range.
    uint32_t next = group.begin;
    for (Group& child : children_) {
      slot_of_use_[child.use.value] = profile::kNone;
      const uint32_t count = child.end;
      child.begin = child.end = next;
      next += count;
    }
    if (children_.size() == 1 && next == group.end) {
      children_[0].end = next;
    } else {
      std::copy(order_.begin() + group.begin, order_.begin() + group.end, moved_.begin());
      for (uint32_t i = group.begin; i < group.end; ++i) {
        if (child_of_[i] == profile::kNone) continue;
        order_[children_[child_of_[i]].end++] = moved_[i - group.begin];
      }
    }
    PushChildren();
  }

  void PushChildren() {
    tree_.pruned += static_cast<uint32_t>(std::erase_if(children_, [&](const Group& child) {
      return static_cast<double>(child.magnitude) < least_;
    }));
    std::sort(children_.begin(), children_.end(), [&](const Group& a, const Group& b) {
      if (Magnitude(a.sum) != Magnitude(b.sum)) return Magnitude(a.sum) < Magnitude(b.sum);
      const int order = frames_.Name(a.use.frame()).compare(frames_.Name(b.use.frame()));
      return order != 0 ? order > 0 : a.use.value > b.use.value;
    });
    pending_.insert(pending_.end(), children_.begin(), children_.end());
  }

  const FrameTable& frames_;
  const Sequences& s_;
  FlameTree tree_;
  double least_ = 0;
  std::vector<Group> pending_;         // the next row is the last one
  std::vector<uint32_t> order_;        // sequences, those of a group side by side
  std::vector<uint32_t> moved_;        // order_ of the group being split
  std::vector<uint32_t> child_of_;     // by position in order_
  std::vector<uint32_t> slot_of_use_;  // by FrameUse: index in children_, or kNone
  std::vector<Group> children_;        // of the group being split
};

}  // namespace

Result<FlameTree> BuildFlameTree(const FrameTable& frames, const FlameTreeOptions& options,
                                 const std::stop_token& stop) {
  KUBEDIAG_ASSIGN_OR_RETURN(const StackWeights weights,
                            StackWeights::Of(frames.profile(), options.sample_type));
  if (stop.stop_requested()) return Status::Cancelled("flame tree");
  const Sequences sequences = WriteOut(frames, weights, options.direction);
  TreeBuilder builder(frames, sequences);
  if (!builder.Start(options.path, options.min_fraction)) {
    return Status::NotFound("nothing in the profile passes through this path");
  }
  KUBEDIAG_RETURN_IF_ERROR(builder.Run(options.max_rows, stop));
  return builder.Take();
}

}  // namespace kubediag::report
