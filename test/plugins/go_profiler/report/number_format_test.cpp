#include "plugins/go_profiler/report/number_format.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace kubediag::report {
namespace {

struct LabelCase {
  int64_t value;
  const char* from;
  const char* to;
  const char* text;
};

// The texts were printed by pprof's measurement.ScaledLabel.
constexpr LabelCase kLabels[] = {
#include "test/plugins/go_profiler/report/expected/scaled_labels.inc"
};

TEST(ScaledLabel, PrintsWhatPprofPrints) {
  for (const LabelCase& c : kLabels) {
    EXPECT_EQ(ScaledLabel(c.value, c.from, c.to), c.text)
        << c.value << " " << c.from << " -> " << c.to;
  }
}

struct PercentCase {
  int64_t value;
  int64_t total;
  const char* text;
};

constexpr PercentCase kPercentages[] = {
#include "test/plugins/go_profiler/report/expected/percentages.inc"
};

TEST(Percentage, PrintsWhatPprofPrints) {
  for (const PercentCase& c : kPercentages) {
    EXPECT_EQ(Percentage(c.value, c.total), c.text) << c.value << " of " << c.total;
  }
}

TEST(ReportUnit, SuitsTheSmallestValueUnlessTheTotalWouldReadBadly) {
  EXPECT_EQ(ReportUnit(512, 900, "bytes"), "B");
  EXPECT_EQ(ReportUnit(2048, 4096, "bytes"), "kB");
  EXPECT_EQ(ReportUnit(2048, 100 << 20, "bytes"), "kB");
  EXPECT_EQ(ReportUnit(20'000, 100 << 20, "bytes"), "MB");
  EXPECT_EQ(ReportUnit(10'000'000, 30'000'000'000, "nanoseconds"), "s");
  EXPECT_EQ(ReportUnit(0, 5'000'000, "nanoseconds"), "ms");
  EXPECT_EQ(ReportUnit(1, 10, "count"), "count");
}

TEST(CompatibleUnits, AreOfOneFamily) {
  EXPECT_TRUE(CompatibleUnits("MB", "bytes"));
  EXPECT_TRUE(CompatibleUnits("seconds", "ns"));
  EXPECT_TRUE(CompatibleUnits("widgets", "widgets"));
  EXPECT_FALSE(CompatibleUnits("bytes", "ns"));
  EXPECT_FALSE(CompatibleUnits("widgets", "count"));
}

}  // namespace
}  // namespace kubediag::report
