#include "engine/operation/text.h"

#include <gtest/gtest.h>

namespace kubediag::operation {
namespace {

TEST(Text, KnowsUtf8) {
  for (const char* good : {"", "plain", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                           "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad : {"\xff", "caf\xe9", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf",
                          "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

TEST(Text, KnowsUtf8AtAnyDistance) {
  for (size_t before = 0; before < 40; ++before) {
    const std::string ascii(before, 'a');
    EXPECT_TRUE(IsUtf8(ascii + "\xc3\xa9" + ascii));
    EXPECT_FALSE(IsUtf8(ascii + "\xe9" + ascii));
    EXPECT_FALSE(IsUtf8(ascii + ascii + "\xc3"));
  }
}

TEST(Text, IsMadeReadable) {
  EXPECT_EQ(ToReadableText("a\xff b\x01\n", 100), "a\xEF\xBF\xBD b \n");
}

TEST(Text, IsCutBetweenCharacters) {
  EXPECT_EQ(ToReadableText("\xc3\xa9\xc3\xa9\xc3\xa9", 6), "\xc3\xa9\xc3\xa9\xc3\xa9");
  EXPECT_EQ(ToReadableText("\xc3\xa9\xc3\xa9\xc3\xa9", 5), "\xc3\xa9\xE2\x80\xA6");
  EXPECT_EQ(ToReadableText("abcdef", 5), "ab\xE2\x80\xA6");
  EXPECT_EQ(ToReadableText("abcdef", 2), "");
}

TEST(Text, NamesHaveTheirShape) {
  EXPECT_TRUE(IsOperationName("go-profiler"));
  EXPECT_TRUE(IsOperationName(std::string(63, 'a')));
  for (const std::string& bad : {std::string(), std::string("-a"), std::string("a-"),
                                 std::string("A"), std::string("a.b"), std::string(64, 'a')}) {
    EXPECT_FALSE(IsOperationName(bad)) << bad;
  }
  EXPECT_TRUE(IsReason("OperationFailed"));
  EXPECT_FALSE(IsReason("operationFailed"));
  EXPECT_FALSE(IsReason("Two Words"));
}

TEST(Text, RelativePathsStayBeneath) {
  EXPECT_TRUE(IsRelativePath("profilers/go/pprof"));
  EXPECT_TRUE(IsRelativePath("..a"));
  for (const char* bad : {"", "/a", "a/", "a//b", ".", "..", "a/../b", "a\nb"}) {
    EXPECT_FALSE(IsRelativePath(bad)) << bad;
  }
}

TEST(Text, UrlsHaveAHostAndNoUser) {
  EXPECT_TRUE(IsUrl("https://[::1]:6443/debug?x=1"));
  EXPECT_TRUE(IsUrl("http://host/path@v1"));
  for (const char* good : {"https://host:65535", "http://host:/", "https://[::1]"}) {
    EXPECT_TRUE(IsUrl(good)) << good;
  }
  for (const char* bad :
       {"", "ftp://host", "https://", "https://:80", "https://u@host", "https://ho st",
        "https://host/\r\nX: y", "HTTPS://host", "https://host:99999", "https://host:0",
        "https://host:x", "https://[::1]:65536", "https://::1"}) {
    EXPECT_FALSE(IsUrl(bad)) << bad;
  }
}

TEST(CapabilityOf, IsTheLastPartOfTheUrl) {
  const std::string capability = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(CapabilityOf("http://10.0.0.1:39900/" + capability + "/"), capability);
  for (const char* const none : {"", "/", "http://node:1/", "http://node:1/short/", "abc",
                                 "http://node:1/0123456789abcdef0123456789abcdeX/"}) {
    EXPECT_EQ(CapabilityOf(none), "") << none;
  }
}

}  // namespace
}  // namespace kubediag::operation
