#include "plugins/go_profiler/report/top_text.h"

#include <algorithm>
#include <cmath>

#include "plugins/go_profiler/report/number_format.h"
#include "plugins/go_profiler/report/stack_weights.h"

namespace kubediag::report {
namespace {

constexpr size_t kValueWidth = 10;

// Right-aligned by characters, not by bytes.
std::string Pad(std::string text) {
  const auto characters = static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
  if (characters < kValueWidth) text.insert(0, kValueWidth - characters, ' ');
  return text;
}

std::string Trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

std::string OutputUnit(const Top& top, std::string_view unit) {
  if (top.rows.empty()) return "minimum";
  int64_t smallest = 0;
  for (const TopRow& row : top.rows) {
    const int64_t value = WrapAbs(row.flat != 0 ? row.flat : row.cum);
    if (value > 0 && (smallest == 0 || value < smallest)) smallest = value;
  }
  return ReportUnit(smallest, top.total, unit);
}

}  // namespace

std::string TopText(const FrameTable& frames, const TopOptions& options, const Top& top) {
  const profile::Profile& profile = frames.profile();
  const std::string_view sample_unit =
      profile.String(profile.SampleTypes()[options.sample_type].unit);
  const std::string unit = OutputUnit(top, sample_unit);
  const auto label = [&](int64_t value) { return ScaledLabel(value, sample_unit, unit); };

  int64_t shown = 0;
  for (const TopRow& row : top.rows) shown = WrapAdd(shown, row.flat);
  std::string text = "Showing nodes accounting for " + label(shown) + ", " +
                     Trimmed(Percentage(shown, top.total)) + " of " + label(top.total) + " total\n";
  if (top.total != 0) {
    if (top.dropped > 0) {
      const double cutoff = static_cast<double>(top.total) * options.node_fraction;
      text += "Dropped " + std::to_string(top.dropped) + (top.dropped > 1 ? " nodes" : " node") +
              " (cum <= " + label(static_cast<int64_t>(std::abs(cutoff))) + ")\n";
    }
    const uint32_t candidates = top.function_count - top.dropped;
    if (!top.rows.empty() && top.rows.size() < candidates) {
      text += "Showing top " + std::to_string(top.rows.size()) + " nodes out of " +
              std::to_string(candidates) + "\n";
    }
  }
  text += "      flat  flat%   sum%        cum   cum%\n";
  int64_t running = 0;
  for (const TopRow& row : top.rows) {
    running = WrapAdd(running, row.flat);
    text += Pad(label(row.flat)) + " " + Percentage(row.flat, top.total) + " " +
            Percentage(running, top.total) + " " + Pad(label(row.cum)) + " " +
            Percentage(row.cum, top.total) + "  " + frames.Name(row.frame);
    if (row.inlined == InlineMark::kInline) text += " (inline)";
    if (row.inlined == InlineMark::kPartial) text += " (partial-inline)";
    text += '\n';
  }
  return text;
}

}  // namespace kubediag::report
