#include "plugins/go_profiler/operation/summary.h"

#include <string_view>
#include <vector>

#include "engine/core/utf8.h"
#include "plugins/exchange/foreign_text.h"
#include "plugins/go_profiler/operation/limits.h"
#include "plugins/go_profiler/report/frame_table.h"
#include "plugins/go_profiler/report/number_format.h"
#include "plugins/go_profiler/report/top.h"

namespace kubediag::go_profiler {
namespace {

std::string ShortName(const std::string& name) {
  std::string clean = exchange::TailLine(name, name.size());
  if (clean.size() <= kMaxFunctionNameBytes) return clean;
  return exchange::TailLine(clean, kMaxFunctionNameBytes);
}

std::string Trimmed(std::string text) { return text.erase(0, text.find_first_not_of(' ')); }

}  // namespace

Summary Summarize(const profile::Profile& profile) {
  const uint32_t type = profile.DefaultSampleType();
  const profile::ValueType value_type = profile.SampleTypes()[type];
  const std::string_view unit = profile.String(value_type.unit);
  const report::FrameTable frames(profile);
  report::TopOptions options;
  options.sample_type = type;
  options.node_count = kHottestFunctions;
  const auto top = report::BuildTop(frames, options);
  Summary summary;
  summary.sample_type = ReplaceInvalidUtf8(profile.String(value_type.type));
  if (!top.ok()) return summary;  // only for a sample type that does not exist
  summary.total = ReplaceInvalidUtf8(report::AutoLabel(top->total, unit));
  for (const report::TopRow& row : top->rows) {
    if (row.flat == 0) continue;
    const std::string function = ShortName(frames.Name(row.frame)) + " " +
                                 ReplaceInvalidUtf8(report::AutoLabel(row.flat, unit)) + " " +
                                 Trimmed(report::Percentage(row.flat, top->total));
    if (summary.hottest.empty()) summary.hottest = function;
    summary.top += (summary.top.empty() ? "" : ", ") + function;
  }
  return summary;
}

std::string TypeMismatch(const ProfileType& asked, const profile::Profile& profile) {
  std::vector<std::string_view> sample_types;
  for (const profile::ValueType& type : profile.SampleTypes()) {
    sample_types.push_back(profile.String(type.type));
  }
  const ProfileType* served = OtherTypeServed(asked, sample_types);
  if (served == nullptr) return "";
  return "what the source served looks like " + std::string(served->name) + ", not like " +
         std::string(asked.name);
}

}  // namespace kubediag::go_profiler
