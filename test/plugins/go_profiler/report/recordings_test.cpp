// The recordings of a real API server, against what pprof prints for them and against themselves.
// expected/ is written by update_expected.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "engine/core/digest.h"
#include "plugins/go_profiler/profile/decode.h"
#include "plugins/go_profiler/report/flame_tree.h"
#include "plugins/go_profiler/report/top.h"
#include "plugins/go_profiler/report/top_text.h"
#include "test/plugins/go_profiler/support/test_files.h"

namespace kubediag::report {
namespace {

std::string Expected(const std::string& name) {
  std::ifstream file(std::filesystem::path(KUBEDIAG_EXPECTED_DIR) / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Text(const FrameTable& frames, const TopOptions& options) {
  const Result<Top> top = BuildTop(frames, options);
  return top.ok() ? TopText(frames, options, *top) : top.status().ToString();
}

class Recording : public ::testing::TestWithParam<const char*> {
 protected:
  profile::Profile Read() const {
    Result<profile::Profile> p = profile::Parse(testing::ReadRecording(GetParam()));
    EXPECT_TRUE(p.ok()) << p.status().ToString();
    return *std::move(p);
  }
  static std::string TypeName(const profile::Profile& p, uint32_t type) {
    return std::string(p.String(p.SampleTypes()[type].type));
  }
};

TEST_P(Recording, HasPprofsTopTwenty) {
  const profile::Profile profile = Read();
  const FrameTable frames(profile);
  for (uint32_t type = 0; type < profile.SampleTypes().size(); ++type) {
    const std::string name = GetParam() + ("." + TypeName(profile, type));
    EXPECT_EQ(Text(frames, {.sample_type = type, .node_count = 20}), Expected(name + ".top"))
        << name;
  }
}

TEST_P(Recording, HasPprofsWholeListByCum) {
  const profile::Profile profile = Read();
  const FrameTable frames(profile);
  for (uint32_t type = 0; type < profile.SampleTypes().size(); ++type) {
    const std::string name = GetParam() + ("." + TypeName(profile, type));
    const TopOptions options{
        .sample_type = type, .order = TopOrder::kCum, .node_fraction = 0, .edge_fraction = 0};
    EXPECT_EQ(Sha256Hex(Text(frames, options)) + "\n", Expected(name + ".all.sha256")) << name;
  }
}

TEST_P(Recording, SumsAreTheSameFromEverySide) {
  const profile::Profile profile = Read();
  const FrameTable frames(profile);
  for (uint32_t type = 0; type < profile.SampleTypes().size(); ++type) {
    int64_t sum = 0;
    for (uint32_t s = 0; s < profile.SampleCount(); ++s) sum += profile.Value(s, type);
    const Result<Top> top = BuildTop(frames, {.sample_type = type, .node_fraction = 0});
    ASSERT_TRUE(top.ok());
    std::map<uint32_t, TopRow> rows;
    int64_t flat_sum = 0;
    for (const TopRow& row : top->rows) {
      rows[row.frame] = row;
      flat_sum += row.flat;
    }
    EXPECT_EQ(flat_sum, sum);

    for (const Direction direction : {Direction::kCallees, Direction::kCallers}) {
      const Result<FlameTree> tree =
          BuildFlameTree(frames, {.sample_type = type, .direction = direction});
      ASSERT_TRUE(tree.ok());
      EXPECT_EQ(tree->total[0], sum);
      EXPECT_EQ(tree->pruned, 0U);
      std::vector<int64_t> below(tree->size());
      std::map<uint32_t, int64_t> self;
      std::map<uint32_t, int64_t> cum;
      int64_t self_sum = 0;
      for (uint32_t row = 0; row < tree->size(); ++row) {
        self_sum += tree->self[row];
        if (row == 0) continue;
        const uint32_t parent = tree->parent[row];
        ASSERT_LT(parent, row);
        EXPECT_EQ(tree->depth[row], tree->depth[parent] + 1);
        below[parent] += tree->total[row];
        const uint32_t frame = tree->use[row].frame();
        self[frame] += direction == Direction::kCallees ? tree->self[row]
                       : tree->depth[row] == 1          ? tree->total[row]
                                                        : 0;
        bool outermost = true;
        for (uint32_t up = parent; up != 0; up = tree->parent[up]) {
          outermost &= tree->use[up].frame() != frame;
        }
        if (outermost) cum[frame] += tree->total[row];
      }
      EXPECT_EQ(self_sum, sum);
      for (uint32_t row = 0; row < tree->size(); ++row) {
        EXPECT_EQ(tree->total[row], tree->self[row] + below[row]);
      }
      for (const auto& [frame, row] : rows) {
        EXPECT_EQ(self[frame], row.flat) << frames.Name(frame);
        EXPECT_EQ(cum[frame], row.cum) << frames.Name(frame);
      }
    }
  }
}

TEST_P(Recording, PruningOnlyLeavesRowsOut) {
  const profile::Profile profile = Read();
  const FrameTable frames(profile);
  const auto type = profile.DefaultSampleType();
  const FlameTree whole = *BuildFlameTree(frames, {.sample_type = type});
  const FlameTree pruned = *BuildFlameTree(frames, {.sample_type = type, .min_fraction = 0.01});
  EXPECT_EQ(pruned.total[0], whole.total[0]);
  EXPECT_LE(pruned.size(), whole.size());
  EXPECT_EQ(pruned.pruned == 0, pruned.size() == whole.size());
  for (uint32_t row = 1, at = 1; row < pruned.size(); ++row, ++at) {
    while (at < whole.size() &&
           (whole.depth[at] != pruned.depth[row] || whole.use[at].value != pruned.use[row].value ||
            whole.total[at] != pruned.total[row])) {
      ++at;
    }
    ASSERT_LT(at, whole.size()) << "row " << row << " is not part of the whole tree";
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Recording,
                         ::testing::Values("allocs", "block", "cpu", "goroutine", "heap",
                                           "heap-before", "heap-delta", "threadcreate"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace kubediag::report
