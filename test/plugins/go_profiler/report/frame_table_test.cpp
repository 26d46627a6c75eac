#include "plugins/go_profiler/report/frame_table.h"

#include <gtest/gtest.h>

#include "plugins/go_profiler/profile/decode.h"
#include "test/plugins/go_profiler/support/small_profile.h"

namespace kubediag::report {
namespace {

using testing::AsBytes;
using testing::ProtoWriter;
using testing::SmallProfile;

profile::Profile Decode(const SmallProfile& small) {
  Result<profile::Profile> decoded = profile::Parse(AsBytes(small.Bytes()));
  EXPECT_TRUE(decoded.ok()) << decoded.status().ToString();
  return *std::move(decoded);
}

TEST(FrameTable, ListsInlinedCalleesFirstAndMarksThem) {
  const profile::Profile p = Decode({});
  const FrameTable frames(p);
  ASSERT_EQ(frames.At(0).size(), 2U);
  EXPECT_EQ(frames.Name(frames.At(0)[0].frame()), "main.work");
  EXPECT_TRUE(frames.At(0)[0].inlined());
  EXPECT_EQ(frames.Name(frames.At(0)[1].frame()), "main.main");
  EXPECT_FALSE(frames.At(0)[1].inlined());
  EXPECT_EQ(frames.At(1)[0].frame(), frames.At(0)[1].frame());
  EXPECT_EQ(frames.File(frames.At(1)[0].frame()), "main.go");
}

TEST(FrameTable, NamesALocationWithoutLinesAfterItsBinary) {
  SmallProfile small;
  small.locations = {ProtoWriter().Number(1, 1).Number(2, 1).Number(3, 5).bytes(),
                     ProtoWriter().Number(1, 2).Number(3, 6).bytes()};
  const profile::Profile p = Decode(small);
  const FrameTable frames(p);
  EXPECT_EQ(frames.Name(frames.At(0)[0].frame()), "[prog]");
  EXPECT_EQ(frames.Name(frames.At(1)[0].frame()), "<unknown>");
  EXPECT_EQ(frames.Function(frames.At(1)[0].frame()), profile::kNone);
  EXPECT_EQ(frames.File(frames.At(1)[0].frame()), "");
}

TEST(FrameTable, TellsFunctionsOfOneNameApartByFileOnlyWhenAsked) {
  SmallProfile small;
  small.functions = {ProtoWriter().Number(1, 1).Number(2, 4).Number(4, 5).bytes(),
                     ProtoWriter().Number(1, 2).Number(2, 4).Number(4, 3).bytes()};
  const profile::Profile p = Decode(small);
  EXPECT_EQ(FrameTable(p).size(), 1U);
  const FrameTable by_file(p, Granularity::kFileFunctions);
  EXPECT_EQ(by_file.size(), 2U);
  EXPECT_EQ(by_file.Name(by_file.At(1)[0].frame()), "main.main main.go");
}

}  // namespace
}  // namespace kubediag::report
