#include "plugins/exchange/foreign_text.h"

#include <gtest/gtest.h>

#include <string>

namespace kubediag::exchange {
namespace {

TEST(ValidUtf8, LeavesValidTextAlone) {
  const std::string text = "plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80\n";
  EXPECT_EQ(ValidUtf8(text), text);
}

struct BadCase {
  const char* bytes;
  size_t replaced;
};
class BadUtf8 : public ::testing::TestWithParam<BadCase> {};
TEST_P(BadUtf8, BecomesReplacementCharacters) {
  std::string expected = "a";
  for (size_t i = 0; i < GetParam().replaced; ++i) expected += "\xef\xbf\xbd";
  EXPECT_EQ(ValidUtf8(std::string("a") + GetParam().bytes + "z"), expected + "z");
}
INSTANTIATE_TEST_SUITE_P(Table, BadUtf8,
                         ::testing::Values(BadCase{"\x80", 1}, BadCase{"\xff", 1},
                                           BadCase{"\xc0\x80", 2}, BadCase{"\xc3", 1},
                                           BadCase{"\xe0\x80\x80", 3}, BadCase{"\xed\xa0\x80", 3},
                                           BadCase{"\xf0\x80\x80\x80", 4},
                                           BadCase{"\xf4\x90\x80\x80", 4}));

TEST(TailLine, KeepsTheEndAsOneLine) {
  EXPECT_EQ(TailLine("first\nsecond\tthird\n\n", 100), "first; second third");
  EXPECT_EQ(TailLine("abcdef", 6), "abcdef");
  EXPECT_EQ(TailLine("abcdef", 3), "…def");
  EXPECT_EQ(TailLine("\x1b[31mred\n", 100), ".[31mred");
  EXPECT_EQ(TailLine("", 3), "");
}

TEST(TailLine, NeverCutsWithinACharacter) {
  EXPECT_EQ(TailLine("a\xe2\x82\xac"
                     "b",
                     3),
            "…b");
}

}  // namespace
}  // namespace kubediag::exchange
