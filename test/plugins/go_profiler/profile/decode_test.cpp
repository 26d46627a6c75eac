#include "plugins/go_profiler/profile/decode.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "test/plugins/go_profiler/support/small_profile.h"
#include "test/plugins/go_profiler/support/test_files.h"

namespace kubediag::profile {
namespace {

using testing::AsBytes;
using testing::ProtoWriter;
using testing::SmallProfile;

Profile Decode(const SmallProfile& small) {
  Result<Profile> profile = Parse(AsBytes(small.Bytes()));
  EXPECT_TRUE(profile.ok()) << profile.status().ToString();
  return *std::move(profile);
}

std::string Refusal(const SmallProfile& small, const Limits& limits = {}) {
  const Result<Profile> profile = Parse(AsBytes(small.Bytes()), limits);
  return profile.ok() ? "accepted" : profile.status().message();
}

// Everything a profile says, with references resolved to names: equal for equal meaning.
std::string Describe(const Profile& p) {
  std::string text;
  for (uint32_t s = 0; s < p.SampleCount(); ++s) {
    for (uint32_t t = 0; t < p.SampleTypes().size(); ++t)
      text += std::to_string(p.Value(s, t)) + " ";
    for (const uint32_t location : p.Stack(p.SampleStack(s))) {
      text += "@" + std::to_string(p.LocationAddress(location));
      const uint32_t mapping = p.LocationMapping(location);
      if (mapping != kNone) text += "[" + std::string(p.String(p.Mappings()[mapping].file)) + "]";
      for (const Line& line : p.LocationLines(location)) {
        text += std::string(p.String(p.Functions()[line.function].name)) + ":" +
                std::to_string(line.line) + ",";
      }
    }
    text += "\n";
  }
  return text;
}

constexpr char kSmallDescription[] =
    "10 @4660[/bin/prog]main.work:7,main.main:20,@4864[/bin/prog]main.main:21,\n"
    "5 @4864[/bin/prog]main.main:21,\n";

TEST(Decode, ReadsEverythingASmallProfileSays) {
  SmallProfile small;
  small.more = ProtoWriter()
                   .Number(7, 4)
                   .Number(8, 6)
                   .Number(9, 1'700'000'000'000'000'000)
                   .Number(10, 30'000'000'000)
                   .Message(11, ProtoWriter().Number(1, 1).Number(2, 2))
                   .Number(12, 10'000'000)
                   .Number(13, 5)
                   .Number(14, 1)
                   .Number(15, 3)
                   .bytes();
  const Profile p = Decode(small);
  EXPECT_EQ(Describe(p), kSmallDescription);
  EXPECT_EQ(p.String(p.DropFrames()), "main.main");
  EXPECT_EQ(p.String(p.KeepFrames()), "main.work");
  EXPECT_EQ(p.TimeNanos(), 1'700'000'000'000'000'000);
  EXPECT_EQ(p.DurationNanos(), 30'000'000'000);
  EXPECT_EQ(p.String(p.PeriodType().unit), "nanoseconds");
  EXPECT_EQ(p.Period(), 10'000'000);
  ASSERT_EQ(p.Comments().size(), 1U);
  EXPECT_EQ(p.String(p.Comments()[0]), "main.go");
  EXPECT_EQ(p.String(p.DocUrl()), "/bin/prog");
  EXPECT_EQ(p.Mappings()[0].limit, 0x9000U);
  EXPECT_EQ(p.LocationId(1), 2U);
}

TEST(Decode, AcceptsFieldsInAnyOrder) {
  const SmallProfile small;
  ProtoWriter out;
  for (const std::string& s : small.strings) out.Bytes(6, s);
  for (const std::string& s : small.functions) out.Bytes(5, s);
  for (const std::string& s : small.samples) out.Bytes(2, s);
  for (const std::string& s : small.locations) out.Bytes(4, s);
  for (const std::string& s : small.mappings) out.Bytes(3, s);
  for (const std::string& s : small.sample_types) out.Bytes(1, s);
  const Result<Profile> p = Parse(out.span());
  ASSERT_TRUE(p.ok()) << p.status().ToString();
  EXPECT_EQ(Describe(*p), kSmallDescription);
}

TEST(Decode, AcceptsPackedAndUnpackedNumbersMixed) {
  SmallProfile small;
  small.samples[0] = ProtoWriter().Number(2, 10).Number(1, 1).Packed(1, {2}).bytes();
  EXPECT_EQ(Describe(Decode(small)), kSmallDescription);
}

TEST(Decode, SkipsUnknownFieldsEverywhere) {
  SmallProfile small;
  const std::string unknown =
      ProtoWriter().Number(100, 5).Bytes(101, "x").Raw("\xa1\x06").Raw("12345678").bytes();
  for (auto* messages :
       {&small.sample_types, &small.samples, &small.mappings, &small.locations, &small.functions}) {
    for (std::string& message : *messages) message += unknown;
  }
  small.more = unknown;
  EXPECT_EQ(Describe(Decode(small)), kSmallDescription);
}

TEST(Decode, KeepsSparseIdsOutOfOrder) {
  SmallProfile small;
  const uint64_t high = UINT64_MAX;
  const auto line = [](uint64_t function, uint64_t number) {
    return ProtoWriter().Number(1, function).Number(2, number);
  };
  small.locations = {
      ProtoWriter().Number(1, 70).Number(2, 9).Number(3, 0x1300).Message(4, line(high, 21)).bytes(),
      ProtoWriter()
          .Number(1, high)
          .Number(2, 9)
          .Number(3, 0x1234)
          .Message(4, line(3, 7))
          .Message(4, line(high, 20))
          .bytes()};
  small.functions = {ProtoWriter().Number(1, 3).Number(2, 6).bytes(),
                     ProtoWriter().Number(1, high).Number(2, 4).bytes()};
  small.mappings = {ProtoWriter().Number(1, 9).Number(5, 3).bytes()};
  small.samples = {ProtoWriter().Packed(1, {high, 70}).Number(2, 10).bytes(),
                   ProtoWriter().Number(1, 70).Number(2, 5).bytes()};
  const Profile p = Decode(small);
  EXPECT_EQ(Describe(p), kSmallDescription);
  EXPECT_EQ(p.LocationId(0), 70U);
  EXPECT_EQ(p.LocationId(1), high);
  EXPECT_EQ(p.FunctionId(0), 3U);
}

TEST(Decode, TakesAMappingThatIsMissingForNone) {
  SmallProfile small;
  small.mappings.clear();
  const Profile p = Decode(small);
  EXPECT_EQ(p.LocationMapping(0), kNone);
  EXPECT_EQ(p.LocationMapping(1), kNone);
}

TEST(Decode, StoresEqualStacksOnce) {
  SmallProfile small;
  small.samples = {ProtoWriter().Packed(1, {1, 2}).Number(2, 1).bytes(),
                   ProtoWriter().Number(1, 1).Number(1, 2).Number(2, 2).bytes(),
                   ProtoWriter().Packed(1, {2, 1}).Number(2, 3).bytes(),
                   ProtoWriter().Number(2, 4).bytes()};
  const Profile p = Decode(small);
  EXPECT_EQ(p.SampleCount(), 4U);
  EXPECT_EQ(p.StackCount(), 3U);
  EXPECT_EQ(p.SampleStack(0), p.SampleStack(1));
  EXPECT_NE(p.SampleStack(0), p.SampleStack(2));
  EXPECT_TRUE(p.Stack(p.SampleStack(3)).empty());
}

TEST(Decode, ReadsLabelsByPprofsRules) {
  SmallProfile small;
  small.strings = {"",        "cpu",       "nanoseconds", "/bin/prog", "main.main",
                   "main.go", "main.work", "bytes",       "kB",        "GET"};
  const auto label = [](uint64_t key, uint64_t text, int64_t number, uint64_t unit) {
    return ProtoWriter().Number(1, key).Number(2, text).Signed(3, number).Number(4, unit);
  };
  const auto sample = [&](std::initializer_list<ProtoWriter> labels) {
    ProtoWriter out;
    out.Number(1, 1).Number(2, 1);
    for (const ProtoWriter& l : labels) out.Message(3, l);
    return out.bytes();
  };
  small.samples = {sample({label(7, 9, 5, 8)}),  // text wins
                   sample({label(7, 0, 0, 0)}),  // nothing: dropped
                   sample({label(7, 0, 0, 8)}),  // zero with a unit counts
                   sample({label(7, 0, -1, 0), label(1, 9, 0, 0)}),
                   sample({label(7, 0, -1, 0), label(1, 9, 0, 0)})};
  const Profile p = Decode(small);
  const auto set = [&](uint32_t s) { return p.LabelSet(p.SampleLabelSet(s)); };
  ASSERT_EQ(set(0).size(), 1U);
  EXPECT_TRUE(set(0)[0].is_text());
  EXPECT_EQ(p.String(set(0)[0].text), "GET");
  EXPECT_EQ(set(0)[0].number, 0);
  EXPECT_EQ(p.SampleLabelSet(1), 0U);
  ASSERT_EQ(set(2).size(), 1U);
  EXPECT_EQ(p.String(set(2)[0].unit), "kB");
  ASSERT_EQ(set(3).size(), 2U);
  EXPECT_EQ(set(3)[0].number, -1);
  EXPECT_EQ(p.SampleLabelSet(3), p.SampleLabelSet(4));
  EXPECT_EQ(p.LabelSetCount(), 4U);
}

TEST(Decode, AcceptsNegativeValuesAndFoldedLocations) {
  SmallProfile small;
  small.samples[1] = ProtoWriter().Number(1, 2).Signed(2, -5).bytes();
  small.locations[1] += ProtoWriter().Number(5, 7).bytes();
  const Profile p = Decode(small);
  EXPECT_EQ(p.Value(1, 0), -5);
  EXPECT_FALSE(p.LocationIsFolded(0));
  EXPECT_TRUE(p.LocationIsFolded(1));
}

TEST(Decode, AcceptsAProfileWithoutSamples) {
  SmallProfile small;
  small.samples.clear();
  small.sample_types.clear();
  const Profile p = Decode(small);
  EXPECT_EQ(p.SampleCount(), 0U);
  EXPECT_EQ(p.StackCount(), 0U);
  EXPECT_EQ(p.DefaultSampleType(), kNone);
}

TEST(Decode, LastOneOfARepeatedFieldWins) {
  SmallProfile small;
  small.more = ProtoWriter().Number(12, 1).Number(12, 2).Number(14, 99).Number(14, 1).bytes();
  const Profile p = Decode(small);
  EXPECT_EQ(p.Period(), 2);
  EXPECT_EQ(p.DefaultSampleType(), 0U);
}

TEST(Decode, CopiesStringsThatLieApart) {
  SmallProfile small;
  ProtoWriter gap;
  gap.Bytes(100, std::string(5000, 'x'));
  ProtoWriter out;
  for (const std::string& s : small.strings) out.Bytes(6, s).Raw(gap.bytes());
  small.strings.clear();
  const Result<Profile> p = Parse(AsBytes(out.bytes() + small.Bytes()));
  ASSERT_TRUE(p.ok()) << p.status().ToString();
  EXPECT_EQ(Describe(*p), kSmallDescription);
  EXPECT_LT(p->columns().text.size(), 100U);
}

TEST(Decode, NamesTheByteOfTheDefect) {
  SmallProfile small;
  const size_t at = small.Bytes().size();
  small.more = ProtoWriter().Message(5, ProtoWriter().Number(1, 3).Number(2, 50)).bytes();
  EXPECT_EQ(Refusal(small), "malformed profile: byte " + std::to_string(at) +
                                ": function.name: string 50 does not exist (the table has 7)");
}

TEST(SampleTypes, AreFoundByNamePositionAndDefault) {
  SmallProfile small;
  small.strings = {"",        "alloc_space", "bytes", "/bin/prog",  "main.main",
                   "main.go", "main.work",   "space", "inuse_space"};
  small.samples.clear();
  small.sample_types = {ProtoWriter().Number(1, 1).Number(2, 2).bytes(),
                        ProtoWriter().Number(1, 7).Number(2, 2).bytes(),
                        ProtoWriter().Number(1, 8).Number(2, 2).bytes()};
  const Profile p = Decode(small);
  EXPECT_EQ(p.DefaultSampleType(), 2U);
  EXPECT_EQ(p.FindSampleType(""), 2U);
  EXPECT_EQ(p.FindSampleType("alloc_space"), 0U);
  EXPECT_EQ(p.FindSampleType("inuse_space"), 1U);  // "space" comes first
  EXPECT_EQ(p.FindSampleType("2"), 2U);
  EXPECT_EQ(p.FindSampleType("3"), kNone);
  EXPECT_EQ(p.FindSampleType("cpu"), kNone);
  small.more = ProtoWriter().Number(14, 1).bytes();
  EXPECT_EQ(Decode(small).DefaultSampleType(), 0U);
}

struct LimitCase {
  const char* name;
  uint32_t Limits::*limit;
  uint32_t fits;
};

class EveryLimit : public ::testing::TestWithParam<LimitCase> {};

TEST_P(EveryLimit, AdmitsTheLastAndRefusesTheNext) {
  SmallProfile small;
  small.strings.push_back("kB");
  small.more = ProtoWriter().Number(13, 5).Number(13, 6).bytes();
  for (std::string& sample : small.samples) {
    sample += ProtoWriter().Message(3, ProtoWriter().Number(1, 7).Number(3, sample.size())).bytes();
  }
  Limits limits;
  limits.*GetParam().limit = GetParam().fits;
  EXPECT_EQ(Refusal(small, limits), "accepted");
  limits.*GetParam().limit = GetParam().fits - 1;
  EXPECT_NE(Refusal(small, limits), "accepted");
}

INSTANTIATE_TEST_SUITE_P(Limits, EveryLimit,
                         ::testing::Values(LimitCase{"sample_types", &Limits::sample_types, 1},
                                           LimitCase{"samples", &Limits::samples, 2},
                                           LimitCase{"values", &Limits::values, 2},
                                           LimitCase{"references", &Limits::stack_references, 3},
                                           LimitCase{"frames", &Limits::stack_frames, 4},
                                           LimitCase{"labels", &Limits::labels, 2},
                                           LimitCase{"mappings", &Limits::mappings, 1},
                                           LimitCase{"locations", &Limits::locations, 2},
                                           LimitCase{"lines", &Limits::lines, 3},
                                           LimitCase{"functions", &Limits::functions, 2},
                                           LimitCase{"strings", &Limits::strings, 8},
                                           LimitCase{"comments", &Limits::comments, 2}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Decoder, GivesTheSameProfileWhenItReusesMemory) {
  Decoder decoder;
  std::vector<std::string> first;
  for (int round = 0; round < 2; ++round) {
    size_t i = 0;
    for (const char* name : {"heap", "goroutine", "cpu", "threadcreate", "block"}) {
      Result<Profile> profile = decoder.Parse(testing::ReadRecording(name));
      ASSERT_TRUE(profile.ok()) << name << profile.status().ToString();
      if (round == 0) {
        first.push_back(Describe(*profile));
      } else {
        EXPECT_EQ(Describe(*profile), first[i++]);
      }
      decoder.Recycle(*std::move(profile));
      EXPECT_FALSE(decoder.Parse(AsBytes("<html>")).ok());
    }
  }
}

}  // namespace
}  // namespace kubediag::profile
