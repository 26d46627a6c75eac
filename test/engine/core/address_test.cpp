#include "engine/core/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubediag {
namespace {

using testing::HasSubstr;

TEST(ParseAddress, KnowsBothFamiliesAndNothingElse) {
  EXPECT_EQ(ParseAddress("10.0.2.15")->size, 4U);
  EXPECT_EQ(ToString(*ParseAddress("FD00:0::1")), "fd00::1");
  for (const std::string text :
       {"", "localhost", "10.0.2", "[::1]", "fe80::1%lo", "127.0.0.1 ", "127.0.0.1:80"}) {
    EXPECT_FALSE(ParseAddress(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseAddress(std::string_view("127.0.0.1\0.example", 17)).has_value());
}

TEST(ParseCidr, TakesRangesOfBothFamiliesAndSingleAddresses) {
  EXPECT_EQ(ParseCidr("10.0.0.0/8")->prefix, 8U);
  EXPECT_EQ(ParseCidr("0.0.0.0/0")->prefix, 0U);
  EXPECT_EQ(ParseCidr("127.0.0.1")->prefix, 32U);
  EXPECT_EQ(ParseCidr("fd00::/8")->prefix, 8U);
  EXPECT_EQ(ParseCidr("::1/128")->prefix, 128U);
}

TEST(ParseCidr, HoldsTheAddressesOfItsFamilyThatShareThePrefix) {
  const Cidr range = *ParseCidr("10.64.0.0/10");
  EXPECT_TRUE(range.Contains(*ParseAddress("10.127.255.255")));
  EXPECT_FALSE(range.Contains(*ParseAddress("10.128.0.0")));
  EXPECT_FALSE(ParseCidr("::/0")->Contains(*ParseAddress("10.64.0.0")));
}

TEST(ParseCidr, NamesTheRangeIfBitsBeyondThePrefixAreSet) {
  EXPECT_EQ(ParseCidr("127.0.0.1/8").status().message(),
            "\"127.0.0.1/8\" is not an address range: bits beyond the prefix are set; the range is "
            "127.0.0.0/8");
  EXPECT_THAT(ParseCidr("10.255.0.0/9").status().message(), HasSubstr("10.128.0.0/9"));
  EXPECT_THAT(ParseCidr("fd00::1/64").status().message(), HasSubstr("is fd00::/64"));
  EXPECT_THAT(ParseCidr("1.2.3.4/0").status().message(), HasSubstr("is 0.0.0.0/0"));
}

TEST(ParseCidr, RefusesWrongPrefixes) {
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
                           "10.0.0.0/8/8", "::/129", "::/4294967296"}) {
    EXPECT_THAT(ParseCidr(text).status().message(), HasSubstr("prefix length is wrong")) << text;
  }
}

}  // namespace
}  // namespace kubediag
