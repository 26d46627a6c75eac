#include "plugins/go_profiler/viewer/encode.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "plugins/go_profiler/report/number_format.h"
#include "plugins/go_profiler/viewer/limits.h"

namespace kubediag::viewer {
namespace {

using nlohmann::json;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns are sent as they are in memory");

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

class ColumnWriter {
 public:
  explicit ColumnWriter(size_t bytes) { out_.reserve(bytes); }
  template <typename T>
  void Append(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out_.append(bytes, sizeof(T));
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

int64_t SmallestCost(const report::Top& top) {
  int64_t smallest = 0;
  for (const report::TopRow& row : top.rows) {
    for (const int64_t value : {row.flat, row.cum}) {
      const int64_t size = value < 0 ? -value : value;
      if (size > 0 && (smallest == 0 || size < smallest)) smallest = size;
    }
  }
  return smallest;
}

// The program itself: the first mapping that is neither a library nor one of the kernel's.
std::string_view MainBinary(const profile::Profile& profile) {
  for (const profile::Mapping& mapping : profile.Mappings()) {
    const std::string_view file = profile.String(mapping.file);
    if (!file.empty() && !file.starts_with('[') && file.find(".so") == std::string_view::npos) {
      return file;
    }
  }
  return {};
}

}  // namespace

std::string EncodeFlameTree(const report::FlameTree& tree) {
  std::vector<uint32_t> rows;
  rows.reserve(tree.size());
  for (uint32_t row = 0; row < tree.size(); ++row) {
    if (tree.depth[row] <= kMaxFlameDepth) rows.push_back(row);
  }
  const auto count = static_cast<uint32_t>(rows.size());
  ColumnWriter out(16 + size_t{22} * count);
  out.Append(uint32_t{0x3146444b});  // "KDF1"
  out.Append(count);
  out.Append(tree.pruned + (tree.size() - count));
  out.Append(uint32_t{0});
  for (const uint32_t row : rows) out.Append(static_cast<double>(tree.self[row]));
  for (const uint32_t row : rows) out.Append(static_cast<double>(tree.total[row]));
  for (const uint32_t row : rows) out.Append(row == 0 ? uint32_t{0} : tree.use[row].value);
  for (const uint32_t row : rows) out.Append(static_cast<uint16_t>(tree.depth[row]));
  return out.Take();
}

std::string EncodeTop(const report::Top& top, const profile::Profile& profile,
                      uint32_t sample_type) {
  json frame = json::array();
  json flat = json::array();
  json cum = json::array();
  json inlined = json::array();
  for (const report::TopRow& row : top.rows) {
    frame.push_back(row.frame);
    flat.push_back(row.flat);
    cum.push_back(row.cum);
    inlined.push_back(static_cast<int>(row.inlined));
  }
  const std::string_view unit = profile.String(profile.SampleTypes()[sample_type].unit);
  return Dump({{"unit", report::ReportUnit(SmallestCost(top), top.total, unit)},
               {"total", top.total},
               {"frame", std::move(frame)},
               {"flat", std::move(flat)},
               {"cum", std::move(cum)},
               {"inlined", std::move(inlined)}});
}

std::string EncodeFrames(const report::FrameTable& frames) {
  json names = json::array();
  json file_of = json::array();
  json files = json::array();
  std::map<std::string_view, size_t> known;
  for (uint32_t frame = 0; frame < frames.size(); ++frame) {
    const std::string_view file = frames.File(frame);
    const auto [entry, fresh] = known.try_emplace(file, known.size());
    if (fresh) files.push_back(file);
    names.push_back(frames.Name(frame));
    file_of.push_back(entry->second);
  }
  return Dump(
      {{"names", std::move(names)}, {"fileOf", std::move(file_of)}, {"files", std::move(files)}});
}

std::string EncodeMeta(const profile::Profile& profile, const report::FrameTable& frames,
                       const ViewerOptions& options, uint64_t file_size, int64_t now_millis) {
  json types = json::array();
  for (uint32_t i = 0; i < profile.SampleTypes().size(); ++i) {
    const profile::ValueType& type = profile.SampleTypes()[i];
    const int64_t total = report::Total(profile, i);
    const std::string_view unit = profile.String(type.unit);
    types.push_back({{"type", profile.String(type.type)},
                     {"unit", unit},
                     {"total", total},
                     {"totalText", report::AutoLabel(total, unit)}});
  }
  json comments = json::array();
  for (const uint32_t comment : profile.Comments()) comments.push_back(profile.String(comment));
  std::string period;
  if (profile.Period() != 0) {
    const std::string_view type = profile.String(profile.PeriodType().type);
    period = report::AutoLabel(profile.Period(), profile.String(profile.PeriodType().unit));
    if (!type.empty()) period += " " + std::string(type);
  }
  const std::string duration = profile.DurationNanos() == 0
                                   ? std::string()
                                   : report::AutoLabel(profile.DurationNanos(), "nanoseconds");
  const auto expiry =
      std::chrono::duration_cast<std::chrono::milliseconds>(options.expiry.time_since_epoch());
  return Dump({{"source", options.source},
               {"node", options.node},
               {"diagnosis", options.diagnosis},
               {"profileType", options.profile_type},
               {"fileName", options.file_name},
               {"fileSize", file_size},
               {"sampleTypes", std::move(types)},
               {"defaultSampleType", profile.DefaultSampleType()},
               {"timeMillis", profile.TimeNanos() / 1'000'000},
               {"durationText", duration},
               {"periodText", period},
               {"comments", std::move(comments)},
               {"docUrl", profile.String(profile.DocUrl())},
               {"binary", MainBinary(profile)},
               {"samples", profile.SampleCount()},
               {"stacks", profile.StackCount()},
               {"functions", frames.size()},
               {"nowMillis", now_millis},
               {"expiryMillis", expiry.count()}});
}

}  // namespace kubediag::viewer
