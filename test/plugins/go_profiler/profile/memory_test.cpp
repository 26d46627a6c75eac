// What a decoded profile may hold: 4 bytes a reference of a distinct stack, 8 a value, 12 a sample,
// and its symbols.
#include <gtest/gtest.h>

#include "plugins/go_profiler/profile/decode.h"
#include "test/plugins/go_profiler/support/test_files.h"

namespace kubediag::profile {
namespace {

class Memory : public ::testing::TestWithParam<const char*> {};

TEST_P(Memory, OfADecodedProfileStaysInItsBudget) {
  const Result<Profile> profile = Parse(testing::ReadRecording(GetParam()));
  ASSERT_TRUE(profile.ok());
  const Columns& c = profile->columns();
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

INSTANTIATE_TEST_SUITE_P(Recordings, Memory,
                         ::testing::Values("cpu", "heap", "allocs", "goroutine", "block"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace kubediag::profile
