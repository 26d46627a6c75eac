#include <gtest/gtest.h>

#include <vector>

#include "plugins/go_profiler/profile/id_index.h"
#include "plugins/go_profiler/profile/intern_table.h"

namespace kubediag::profile {
namespace {

TEST(InternTable, FindsWhatItHasSeenWhileItGrows) {
  InternTable table;
  table.Reset(1);
  std::vector<uint32_t> values;
  const auto intern = [&](uint32_t value) {
    const auto next = static_cast<uint32_t>(values.size());
    const uint32_t index =
        table.Intern(table.Hash(&value, 1), next, [&](uint32_t i) { return values[i] == value; });
    if (index == next) values.push_back(value);
    return index;
  };
  for (uint32_t i = 0; i < 10'000; ++i) EXPECT_EQ(intern(i * 7), i);
  for (uint32_t i = 0; i < 10'000; ++i) EXPECT_EQ(intern(i * 7), i);
  EXPECT_EQ(values.size(), 10'000U);
}

TEST(InternTable, KeepsRunsOfEqualHashApart) {
  InternTable table;
  table.Reset(4);
  EXPECT_EQ(table.Intern(42, 0, [](uint32_t) { return false; }), 0U);
  EXPECT_EQ(table.Intern(42, 1, [](uint32_t) { return false; }), 1U);
  EXPECT_EQ(table.Intern(42, 2, [](uint32_t i) { return i == 1; }), 1U);
}

TEST(InternTable, HashesEveryWord) {
  InternTable table;
  for (size_t size = 1; size < 12; ++size) {
    std::vector<uint32_t> words(size, 0);
    const uint32_t before = table.Hash(words.data(), size);
    for (size_t i = 0; i < size; ++i) {
      words[i] = 1;
      EXPECT_NE(table.Hash(words.data(), size), before) << i << " of " << size;
      words[i] = 0;
    }
  }
}

TEST(IdIndex, NumbersInOrderOfFirstSightAndRefusesASecondDefinition) {
  IdIndex index;
  index.Reset();
  EXPECT_EQ(index.Number(UINT64_MAX), 0U);
  EXPECT_TRUE(index.Define(0x400000000, 0));
  EXPECT_TRUE(index.Define(UINT64_MAX, 1));
  EXPECT_FALSE(index.Define(UINT64_MAX, 2));
  EXPECT_EQ(index.Number(7), 2U);
  EXPECT_EQ(index.Position(0), 1U);
  EXPECT_EQ(index.Position(1), 0U);
  EXPECT_EQ(index.Position(2), kNone);
}

}  // namespace
}  // namespace kubediag::profile
