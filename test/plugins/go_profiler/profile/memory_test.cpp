// What a decoded profile may hold: 4 bytes a reference of a distinct stack, 8 a value, 12 a sample,
// and its symbols; and what a process that decodes one may take while it does.
#include <gtest/gtest.h>

#include <charconv>

#include "bench/generated_profile.h"
#include "engine/core/limits.h"
#include "engine/process/capture.h"
#include "plugins/go_profiler/profile/decode.h"
#include "test/plugins/go_profiler/support/test_files.h"

namespace kubediag::profile {
namespace {

void ExpectInBudget(const Profile& profile) {
  const Columns& c = profile.columns();
  const size_t symbols =
      c.strings.size() * sizeof(StringSpan) + c.text.size() + c.lines.size() * sizeof(Line) +
      c.functions.size() * sizeof(Function) + c.mappings.size() * sizeof(Mapping) +
      c.location_address.size() * (8 + 4 + 4 + 1) + c.labels.size() * sizeof(Label) +
      c.label_set_begin.size() * 4 + c.sample_types.size() * sizeof(ValueType) + 64;
  const size_t budget =
      4 * c.stack_locations.size() + 8 * c.values.size() + 12 * c.sample_stack.size() + symbols;
  EXPECT_LE(MemoryBytes(c), budget);
  EXPECT_TRUE(c.location_ids.empty());
  EXPECT_TRUE(c.function_ids.empty());
}

class Memory : public ::testing::TestWithParam<const char*> {};

TEST_P(Memory, OfADecodedProfileStaysInItsBudget) {
  const Result<Profile> profile = Parse(testing::ReadRecording(GetParam()));
  ASSERT_TRUE(profile.ok());
  ExpectInBudget(*profile);
}

INSTANTIATE_TEST_SUITE_P(Recordings, Memory,
                         ::testing::Values("cpu", "heap", "allocs", "goroutine", "block"),
                         [](const auto& test) { return std::string(test.param); });

TEST(GeneratedProfileMemory, OfAHundredThousandSamplesStaysInItsBudget) {
  const std::vector<uint8_t> gzip = bench::Gzip(bench::GenerateProfile());
  const Result<Profile> profile = Parse(gzip);
  ASSERT_TRUE(profile.ok());
  ASSERT_EQ(profile->SampleCount(), 100'000U);
  ExpectInBudget(*profile);
}

#ifdef KUBEDIAG_DECODE_PEAK  // not under sanitizers, whose own memory is larger
TEST(GeneratedProfileMemory, OfTheProcessStaysBelowFourTimesTheRawBytesAndFourMegabytes) {
  const std::string raw = bench::GenerateProfile();
  const std::vector<uint8_t> gzip = bench::Gzip(raw);
  process::Command command;
  command.program = KUBEDIAG_DECODE_PEAK;
  process::RunOptions options;
  options.input.assign(gzip.begin(), gzip.end());
  const auto completed = process::Run(std::move(command), std::move(options));
  ASSERT_TRUE(completed.ok()) << completed.status().ToString();
  ASSERT_TRUE(completed->exit.success()) << completed->error;
  size_t peak = 0;
  const std::string& text = completed->output;
  std::from_chars(text.data(), text.data() + text.size(), peak);
  EXPECT_GT(peak, raw.size());
  EXPECT_LE(peak, 4 * raw.size() + 4 * kMiB);
}
#endif

}  // namespace
}  // namespace kubediag::profile
