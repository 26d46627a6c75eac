#include "plugins/go_profiler/operation/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/core/file.h"
#include "plugins/go_profiler/profile/decode.h"

namespace kubediag::go_profiler {
namespace {

Summary SummaryOf(const std::string& recording) {
  const std::string bytes =
      ReadFile(KUBEDIAG_SOURCE_DIR "/plugins/go_profiler/demo/recordings/" + recording, 1 << 20)
          .value();
  return Summarize(
      profile::Parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}).value());
}

TEST(Summary, OfAHeapProfileIsBytesInUse) {
  const Summary summary = SummaryOf("heap.pb.gz");
  EXPECT_EQ(summary.sample_type, "inuse_space");
  EXPECT_EQ(std::count(summary.top.begin(), summary.top.end(), ','), 4);
}

TEST(Summary, OfACpuProfileIsTime) {
  EXPECT_EQ(SummaryOf("cpu.pb.gz").sample_type, "cpu");
  EXPECT_THAT(SummaryOf("cpu.pb.gz").total, ::testing::HasSubstr("s"));
}

TEST(Summary, OfAProfileThatNamesItsTypeIsThatType) {
  EXPECT_EQ(SummaryOf("allocs.pb.gz").sample_type, "alloc_space");
}

TEST(Summary, CountsAreNumbersWithoutUnit) {
  const Summary summary = SummaryOf("goroutine.pb.gz");
  EXPECT_EQ(summary.sample_type, "goroutine");
  EXPECT_THAT(summary.total, ::testing::MatchesRegex("[0-9]+"));
  EXPECT_THAT(summary.top, ::testing::StartsWith("runtime.gopark "));
}

}  // namespace
}  // namespace kubediag::go_profiler
