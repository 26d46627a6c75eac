#include "plugins/go_profiler/report/frame_table.h"

#include <functional>
#include <unordered_map>

#include "plugins/go_profiler/report/go_path.h"

namespace kubediag::report {
namespace {

// What tells frames apart (pprof: NodeInfo at these granularities).
struct FrameKey {
  std::string_view name;
  std::string file;         // cleaned; only at kFileFunctions
  std::string_view binary;  // only without a name
  int64_t start_line = 0;   // only without a name

  bool operator==(const FrameKey&) const = default;
};

struct FrameKeyHash {
  size_t operator()(const FrameKey& key) const {
    const std::hash<std::string_view> hash;
    size_t value = hash(key.name);
    if (!key.file.empty()) value = value * 31 + hash(key.file);
    if (!key.binary.empty()) value = value * 31 + hash(key.binary);
    return value * 31 + static_cast<size_t>(key.start_line);
  }
};

std::string PrintableName(const FrameKey& key) {
  std::string name(key.name);
  if (!key.file.empty()) {
    if (!name.empty()) name += ' ';
    return name + key.file;
  }
  if (!name.empty()) return name;
  if (!key.binary.empty()) return "[" + std::string(BaseName(key.binary)) + "]";
  return "<unknown>";
}

}  // namespace

FrameTable::FrameTable(const profile::Profile& profile, Granularity granularity)
    : profile_(&profile) {
  std::unordered_map<FrameKey, uint32_t, FrameKeyHash> found;
  found.reserve(profile.Functions().size());
  const auto frame_of = [&](FrameKey key, uint32_t function) {
    const auto [at, is_new] = found.try_emplace(std::move(key), size());
    if (is_new) frames_.push_back({PrintableName(at->first), function});
    return at->second;
  };

  // A named function is the same frame wherever it is used.
  std::vector<uint32_t> named(profile.Functions().size(), profile::kNone);
  begin_.reserve(profile.LocationCount() + size_t{1});
  uses_.reserve(profile.columns().lines.size());
  begin_.push_back(0);
  for (uint32_t location = 0; location < profile.LocationCount(); ++location) {
    const uint32_t mapping = profile.LocationMapping(location);
    const std::string_view binary =
        mapping == profile::kNone ? "" : profile.String(profile.Mappings()[mapping].file);
    const std::span<const profile::Line> lines = profile.LocationLines(location);
    if (lines.empty()) {
      FrameKey key;
      key.binary = binary;
      uses_.push_back(FrameUse::Make(frame_of(std::move(key), profile::kNone), false));
    }
    for (size_t i = 0; i < lines.size(); ++i) {
      uint32_t& frame = named[lines[i].function];
      if (frame == profile::kNone) {
        const profile::Function& function = profile.Functions()[lines[i].function];
        FrameKey key;
        key.name = profile.String(function.name);
        const std::string_view file = profile.String(function.file);
        if (granularity == Granularity::kFileFunctions && !file.empty()) key.file = CleanPath(file);
        const bool nameless = key.name.empty();
        if (nameless) {
          key.binary = binary;
          key.start_line = function.start_line;
        }
        const uint32_t made = frame_of(std::move(key), lines[i].function);
        uses_.push_back(FrameUse::Make(made, i + 1 < lines.size()));
        if (!nameless) frame = made;
        continue;
      }
      uses_.push_back(FrameUse::Make(frame, i + 1 < lines.size()));
    }
    begin_.push_back(static_cast<uint32_t>(uses_.size()));
  }
}

std::string_view FrameTable::File(uint32_t frame) const {
  const uint32_t function = frames_[frame].function;
  return function == profile::kNone ? std::string_view()
                                    : profile_->String(profile_->Functions()[function].file);
}

}  // namespace kubediag::report
