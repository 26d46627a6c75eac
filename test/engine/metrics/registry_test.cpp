#include "engine/metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace kubediag::metrics {
namespace {

using testing::HasSubstr;

TEST(Registry, WritesEachSeriesWithHelpTypeAndLabels) {
  Registry registry;
  registry.MakeCounter("kubediag_runs_total", "Runs of operations.", {{"result", "ok"}}).Add(3);
  registry.MakeGauge("kubediag_modules", "Modules in use.").Set(2);

  const std::string text = registry.Text();

  EXPECT_THAT(text, HasSubstr("# HELP kubediag_runs_total Runs of operations."));
  EXPECT_THAT(text, HasSubstr("# TYPE kubediag_runs_total counter"));
  EXPECT_THAT(text, HasSubstr("kubediag_runs_total{result=\"ok\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE kubediag_modules gauge"));
  EXPECT_THAT(text, HasSubstr("kubediag_modules 2\n"));
}

TEST(Registry, GivesTheSameSeriesForTheSameNameAndLabels) {
  Registry registry;
  Counter first = registry.MakeCounter("kubediag_scans_total", "Scans.", {{"folder", "a"}});
  Counter same = registry.MakeCounter("kubediag_scans_total", "Scans.", {{"folder", "a"}});
  Counter other = registry.MakeCounter("kubediag_scans_total", "Scans.", {{"folder", "b"}});

  first.Add();
  same.Add();

  EXPECT_EQ(first.value(), 2);
  EXPECT_EQ(other.value(), 0);
}

TEST(Registry, EscapesForeignTextInLabels) {
  Registry registry;
  registry.MakeGauge("kubediag_modules", "Modules.", {{"reason", "a\"b\nc\\d"}}).Set(1);
  EXPECT_THAT(registry.Text(), HasSubstr(R"(reason="a\"b\nc\\d")"));
}

TEST(Counter, NeverFalls) {
  Registry registry;
  Counter counter = registry.MakeCounter("kubediag_runs_total", "Runs.");
  counter.Add(2);
  counter.Add(-1);
  EXPECT_EQ(counter.value(), 2);
}

TEST(Counter, LosesNoIncrementAcrossThreads) {
  Registry registry;
  constexpr int kThreads = 4;
  constexpr int kIncrements = 1000;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&registry] {
        Counter counter = registry.MakeCounter("kubediag_runs_total", "Runs.");
        for (int n = 0; n < kIncrements; ++n) counter.Add();
      });
    }
  }
  EXPECT_EQ(registry.MakeCounter("kubediag_runs_total", "Runs.").value(), kThreads * kIncrements);
}

}  // namespace
}  // namespace kubediag::metrics
