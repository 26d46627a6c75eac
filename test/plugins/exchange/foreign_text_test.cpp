#include "plugins/exchange/foreign_text.h"

#include <gtest/gtest.h>

#include <string>

namespace kubediag::exchange {
namespace {

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
