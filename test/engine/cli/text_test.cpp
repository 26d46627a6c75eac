#include "engine/cli/text.h"

#include <gtest/gtest.h>

namespace kubediag::cli {
namespace {

using namespace std::chrono_literals;

TEST(Printable, TakesTheTeethOutOfControlCharacters) {
  EXPECT_EQ(Printable("\x1b[31mred\a\x7f"), "?[31mred??");
  EXPECT_EQ(Printable("two\r\nlines\tand \n"), "two lines and");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "?31m");  // the C1 form of ESC [
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "b"),
            "a?b");  // right-to-left override
}

TEST(Printable, KeepsTextAndReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(Printable("命名空间 ünï 🙂"), "命名空间 ünï 🙂");
  EXPECT_EQ(Printable("\xff\xc3"), "??");
  EXPECT_EQ(Printable("\xc0\xaf"), "??");       // overlong
  EXPECT_EQ(Printable("\xed\xa0\x80"), "???");  // surrogate
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("ünï"), 3U);
  EXPECT_EQ(DisplayWidth("命名"), 4U);
  EXPECT_EQ(PadRight("命名", 6), "命名  ");
}

TEST(Fit, CutsAtAColumnAndShowsIt) {
  EXPECT_EQ(Fit("abcdef", 6), "abcdef");
  EXPECT_EQ(Fit("abcdef", 5), "abcd…");
  EXPECT_EQ(Fit("命名空间", 5), "命名…");
  EXPECT_EQ(Fit("abc", 0), "");
}

TEST(FormatDuration, UsesTheUnitThatFits) {
  EXPECT_EQ(FormatDuration(4ms), "0.00 s");
  EXPECT_EQ(FormatDuration(310ms), "0.31 s");
  EXPECT_EQ(FormatDuration(9990ms), "9.99 s");
  EXPECT_EQ(FormatDuration(12340ms), "12.3 s");
  EXPECT_EQ(FormatDuration(59990ms), "1 min");
  EXPECT_EQ(FormatDuration(185s), "3 min 5 s");
  EXPECT_EQ(FormatDuration(2h), "2 h");
  EXPECT_EQ(FormatDuration(2h + 61s), "2 h 1 min");
}

TEST(FormatAge, IsOneNumberAndAUnit) {
  EXPECT_EQ(FormatAge(-5s), "0 s");
  EXPECT_EQ(FormatAge(119s), "119 s");
  EXPECT_EQ(FormatAge(120s), "2 min");
  EXPECT_EQ(FormatAge(3h), "3 h");
  EXPECT_EQ(FormatAge(72h), "3 d");
}

TEST(Ordinal, IsAWordUpToTenThenANumber) {
  EXPECT_EQ(Ordinal(2), "second");
  EXPECT_EQ(Ordinal(10), "tenth");
  EXPECT_EQ(Ordinal(11), "11th");
  EXPECT_EQ(Ordinal(21), "21st");
  EXPECT_EQ(Ordinal(112), "112th");
}

TEST(Counted, HasAPlural) {
  EXPECT_EQ(Counted(0, "error"), "0 errors");
  EXPECT_EQ(Counted(1, "error"), "1 error");
}

TEST(Wrap, BreaksAtBlanksAndIndentsWhatFollows) {
  EXPECT_EQ(Wrap("one two three", 0, 20, 2), "one two three");
  EXPECT_EQ(Wrap("one two three", 0, 8, 2), "one two\n  three");
  EXPECT_EQ(Wrap("one two three", 5, 8, 2), "one\n  two\n  three");
  EXPECT_EQ(Wrap("a  b", 0, 4, 0), "a  b");
  EXPECT_EQ(Wrap("时钟 时钟", 0, 8, 0), "时钟\n时钟");
  EXPECT_EQ(Wrap("", 0, 8, 2), "");
}

TEST(Wrap, KeepsALongWordWhole) {
  EXPECT_EQ(Wrap("see http://127.0.0.1:39900/0123/ now", 0, 12, 2),
            "see\n  http://127.0.0.1:39900/0123/\n  now");
}

TEST(Fit, MarksWhatIsCutOffAsItIsTold) { EXPECT_EQ(Fit("abcdef", 4, "~"), "abc~"); }

}  // namespace
}  // namespace kubediag::cli
