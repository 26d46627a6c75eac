#include "engine/core/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace kubediag {
namespace {

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(FindInvalidUtf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), std::string_view::npos);
  EXPECT_EQ(FindInvalidUtf8("ab\xC0\x80"), 2U);        // overlong
  EXPECT_EQ(FindInvalidUtf8("\xED\xA0\x80"), 0U);      // a surrogate
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0U);  // beyond U+10FFFF
  EXPECT_EQ(FindInvalidUtf8("\xE2\x82"), 0U);          // cut off
  EXPECT_EQ(FindInvalidUtf8("16 plain letters and more \xFF"), 26U);
}

TEST(Utf8, GivesCodePoints) {
  EXPECT_EQ(CodePointOf("a"), 0x61U);
  EXPECT_EQ(CodePointOf("\xC3\xA9"), 0xE9U);
  EXPECT_EQ(CodePointOf("\xE2\x82\xAC"), 0x20ACU);
  EXPECT_EQ(CodePointOf("\xF0\x9F\x98\x80"), 0x1F600U);
}

TEST(Utf8, ShortensBetweenCharacters) {
  EXPECT_EQ(Shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(Shorten("abcdefg", 6), "abc…");
  EXPECT_EQ(Shorten("aääääää", 6), "aä…");
  EXPECT_EQ(Shorten("abcd", 3), "");
  EXPECT_EQ(Shorten("abc", 0), "");
}

TEST(Utf8, LeavesValidTextAlone) {
  const std::string text = "plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80\n";
  EXPECT_EQ(ReplaceInvalidUtf8(text), text);
}

struct BadCase {
  const char* bytes;
  size_t replaced;
};
class BadUtf8 : public ::testing::TestWithParam<BadCase> {};
TEST_P(BadUtf8, BecomesReplacementCharacters) {
  std::string expected = "a";
  for (size_t i = 0; i < GetParam().replaced; ++i) expected += "\xef\xbf\xbd";
  EXPECT_EQ(ReplaceInvalidUtf8(std::string("a") + GetParam().bytes + "z"), expected + "z");
}
INSTANTIATE_TEST_SUITE_P(Table, BadUtf8,
                         ::testing::Values(BadCase{"\x80", 1}, BadCase{"\xff", 1},
                                           BadCase{"\xc0\x80", 2}, BadCase{"\xc3", 1},
                                           BadCase{"\xe0\x80\x80", 3}, BadCase{"\xed\xa0\x80", 3},
                                           BadCase{"\xf0\x80\x80\x80", 4},
                                           BadCase{"\xf4\x90\x80\x80", 4}));

}  // namespace
}  // namespace kubediag
