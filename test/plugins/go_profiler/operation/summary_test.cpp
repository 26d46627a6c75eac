#include "plugins/go_profiler/operation/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

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

struct Served {
  const char* asked;
  std::vector<std::string_view> sample_types;
  const char* looks_like;  // "": nothing to say
};

TEST(OtherTypeServed, IsToldOnlyIfNoSampleTypeFitsAndOneIsKnown) {
  for (const Served& served : std::vector<Served>{
           {"Profile", {"samples", "cpu"}, ""},
           {"Profile", {"cpu"}, ""},
           {"Profile", {"wall", "samples"}, ""},
           {"Profile", {"wall"}, ""},  // another producer's
           {"Profile", {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}, "Heap"},
           {"Heap", {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}, ""},
           {"Heap", {"objects", "space"}, ""},
           {"Heap", {"samples", "cpu"}, "Profile"},
           {"Heap", {"alloc_objects", "alloc_space"}, "Allocs"},
           {"Allocs", {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}, ""},
           {"Allocs", {"goroutine"}, "Goroutine"},
           {"Goroutine", {"goroutine"}, ""},
           {"Goroutine", {"threadcreate"}, "Threadcreate"},
           {"Block", {"contentions", "delay"}, ""},
           {"Mutex", {"contentions", "delay"}, ""},
           {"Mutex", {"delay"}, ""},
           {"Mutex", {"inuse_space"}, "Heap"},
           {"Threadcreate", {"threadcreate"}, ""},
           {"Threadcreate", {"contentions"}, "Block"}}) {
    const ProfileType* other = OtherTypeServed(*FindProfileType(served.asked), served.sample_types);
    EXPECT_EQ(other == nullptr ? "" : other->name, served.looks_like)
        << served.asked << " " << ::testing::PrintToString(served.sample_types);
  }
}

}  // namespace
}  // namespace kubediag::go_profiler
