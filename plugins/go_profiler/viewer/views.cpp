#include "plugins/go_profiler/viewer/views.h"

#include <array>
#include <utility>

#include "plugins/go_profiler/report/flame_tree.h"
#include "plugins/go_profiler/report/top.h"
#include "plugins/go_profiler/viewer/encode.h"
#include "plugins/go_profiler/viewer/gzip.h"
#include "plugins/go_profiler/viewer/limits.h"

namespace kubediag::viewer {
namespace {

uint64_t CountStackFrames(const profile::Profile& profile, const report::FrameTable& frames) {
  uint64_t count = 0;
  for (uint32_t stack = 0; stack < profile.StackCount(); ++stack) {
    for (const uint32_t location : profile.Stack(stack)) count += frames.At(location).size();
  }
  return count;
}

Status CheckSampleType(const profile::Profile& profile, uint32_t sample_type) {
  if (sample_type < profile.SampleTypes().size()) return Status::Ok();
  return Status::InvalidArgument("no sample type " + std::to_string(sample_type) +
                                 " (the profile has " +
                                 std::to_string(profile.SampleTypes().size()) + ")");
}

}  // namespace

View MakeView(std::string bytes) {
  if (bytes.size() < kMinGzipBytes) return {std::move(bytes), false};
  return {Gzip(bytes), true};
}

Views::Views(std::shared_ptr<const profile::Profile> profile)
    : profile_(std::move(profile)),
      frames_(*profile_),
      stack_frames_(CountStackFrames(*profile_, frames_)),
      flames_(profile_->SampleTypes().size()),
      tops_(profile_->SampleTypes().size()) {}

template <typename Compute>
Result<std::shared_ptr<const View>> Views::Get(Slot& slot, Compute compute) {
  const std::lock_guard lock(slot.mutex);
  if (!slot.view) {
    KUBEDIAG_ASSIGN_OR_RETURN(std::string bytes, compute());
    slot.view = std::make_shared<const View>(MakeView(std::move(bytes)));
  }
  return slot.view;
}

Result<std::shared_ptr<const View>> Views::Flame(uint32_t sample_type,
                                                 const std::stop_token& stop) {
  KUBEDIAG_RETURN_IF_ERROR(CheckSampleType(*profile_, sample_type));
  return Get(flames_[sample_type], [&]() -> Result<std::string> {
    report::FlameTreeOptions options;
    options.sample_type = sample_type;
    options.min_fraction = MinFraction();
    KUBEDIAG_ASSIGN_OR_RETURN(const report::FlameTree tree,
                              report::BuildFlameTree(frames_, options, stop));
    return EncodeFlameTree(tree);
  });
}

Result<std::shared_ptr<const View>> Views::FlameBelow(uint32_t sample_type,
                                                      std::vector<report::FrameUse> path,
                                                      const std::stop_token& stop) const {
  KUBEDIAG_RETURN_IF_ERROR(CheckSampleType(*profile_, sample_type));
  report::FlameTreeOptions options;
  options.sample_type = sample_type;
  options.min_fraction = MinFraction();
  options.path = std::move(path);
  KUBEDIAG_ASSIGN_OR_RETURN(const report::FlameTree tree,
                            report::BuildFlameTree(frames_, options, stop));
  return std::make_shared<const View>(MakeView(EncodeFlameTree(tree)));
}

double Views::MinFraction() const {
  return stack_frames_ <= kMaxWholeTreeFrames ? 0 : kMinFlameFraction;
}

Result<std::shared_ptr<const View>> Views::Top(uint32_t sample_type, const std::stop_token& stop) {
  KUBEDIAG_RETURN_IF_ERROR(CheckSampleType(*profile_, sample_type));
  return Get(tops_[sample_type], [&]() -> Result<std::string> {
    report::TopOptions options;
    options.sample_type = sample_type;
    options.node_fraction = 0;  // the table scrolls: nothing needs to be left out
    KUBEDIAG_ASSIGN_OR_RETURN(const report::Top top, report::BuildTop(frames_, options, stop));
    return EncodeTop(top, *profile_, sample_type);
  });
}

std::shared_ptr<const View> Views::Frames() {
  return *Get(names_, [this]() -> Result<std::string> { return EncodeFrames(frames_); });
}

}  // namespace kubediag::viewer
