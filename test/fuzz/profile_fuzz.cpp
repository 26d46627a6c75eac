// Any bytes as a profile: decoded once and again in used memory, then every view of it. Besides
// crashes this looks for views that disagree with the samples.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "plugins/go_profiler/profile/decode.h"
#include "plugins/go_profiler/report/flame_tree.h"
#include "plugins/go_profiler/report/stack_weights.h"
#include "plugins/go_profiler/report/top.h"
#include "plugins/go_profiler/report/top_text.h"

namespace {

using kubediag::profile::Decoder;
using kubediag::profile::Limits;
using kubediag::profile::Profile;
using namespace kubediag::report;

void Require(bool holds) {
  if (!holds) std::abort();
}

Limits SmallLimits() {
  Limits limits;
  limits.inflated_bytes = size_t{1} << 20;
  limits.stack_frames = 1U << 18;
  return limits;
}

void Touch(const Profile& p) {
  size_t sum = 0;
  for (uint32_t s = 0; s < p.SampleCount(); ++s) {
    for (const uint32_t location : p.Stack(p.SampleStack(s))) {
      Require(location < p.LocationCount());
      for (const auto& line : p.LocationLines(location)) {
        sum += p.String(p.Functions()[line.function].name).size();
      }
    }
    for (const auto& label : p.LabelSet(p.SampleLabelSet(s))) {
      sum += p.String(label.key).size() + p.String(label.text).size() + p.String(label.unit).size();
    }
  }
  for (const uint32_t comment : p.Comments()) sum += p.String(comment).size();
  Require(sum != SIZE_MAX);
}

void CheckTree(const FrameTable& frames, uint32_t type, Direction direction, int64_t total) {
  const auto tree = BuildFlameTree(frames, {.sample_type = type, .direction = direction});
  Require(tree.ok());
  Require(tree->total[0] == total);
  int64_t self = 0;
  for (const int64_t value : tree->self) self = WrapAdd(self, value);
  Require(self == total);
  Require(BuildFlameTree(frames, {.sample_type = type, .direction = direction, .min_fraction = 0.1})
              .ok());
}

void CheckViews(const Profile& p, Granularity granularity) {
  const FrameTable frames(p, granularity);
  for (uint32_t type = 0; type < p.SampleTypes().size(); ++type) {
    int64_t total = 0;
    for (uint32_t s = 0; s < p.SampleCount(); ++s) total = WrapAdd(total, p.Value(s, type));
    CheckTree(frames, type, Direction::kCallees, total);
    CheckTree(frames, type, Direction::kCallers, total);
    const TopOptions options{.sample_type = type, .node_count = 10};
    const auto top = BuildTop(frames, options);
    Require(top.ok());
    Require(!TopText(frames, options, *top).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Decoder decoder(SmallLimits());
  auto profile = decoder.Parse(std::span(data, size));
  if (!profile.ok()) {
    Require(!profile.status().message().empty());
    return 0;
  }
  Touch(*profile);
  // Many types repeat the same work; the first few tell.
  if (profile->SampleTypes().size() <= 4) {
    CheckViews(*profile, Granularity::kFunctions);
    CheckViews(*profile, Granularity::kFileFunctions);
  }
  decoder.Recycle(*std::move(profile));
  return 0;
}
