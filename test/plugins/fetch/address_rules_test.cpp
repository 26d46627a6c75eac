#include "plugins/fetch/address_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kubediag::fetch {
namespace {

using ::testing::HasSubstr;

std::optional<std::string> DenialOf(const std::string& address,
                                    const std::vector<std::string>& allowed = {}) {
  auto rules = AddressRules::Build(allowed);
  EXPECT_TRUE(rules.ok()) << rules.status().ToString();
  const auto parsed = ParseAddress(address);
  EXPECT_TRUE(parsed.has_value()) << address;
  return rules->Denial(*parsed);
}

class DeniedAddress : public ::testing::TestWithParam<const char*> {};
TEST_P(DeniedAddress, IsDeniedByDefault) { EXPECT_TRUE(DenialOf(GetParam()).has_value()); }
INSTANTIATE_TEST_SUITE_P(
    Table, DeniedAddress,
    ::testing::Values(
        "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "169.254.0.1", "169.254.169.254",
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "239.255.255.255",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "fd00:ec2::254",
        "fe80::1", "febf::1", "fec0::1", "ff02::1", "::ffff:0:127.0.0.1",
        // NAT64 of the network's own, prefix of 48 to 96 bits
        "64:ff9b:1:7f00:0:100::", "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:7f:0:1::",
        "64:ff9b:1:0:7f:0:100:0", "64:ff9b:1::7f00:1", "64:ff9b:1::169.254.169.254", "64:ff9b:1::",
        // Teredo: server, client (inverted)
        "2001:0:7f00:1::", "2001:0:a9fe:a9fe::3fff:fdd2", "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "2001:0:4136:e378:8000:63bf:5601:5601", "2002:a9fe:a9fe::1"));

class AllowedAddress : public ::testing::TestWithParam<const char*> {};
TEST_P(AllowedAddress, IsAllowedByDefault) { EXPECT_EQ(DenialOf(GetParam()), std::nullopt); }
INSTANTIATE_TEST_SUITE_P(Table, AllowedAddress,
                         ::testing::Values("1.0.0.0", "10.0.2.15", "126.255.255.255", "128.0.0.1",
                                           "169.253.255.255", "169.255.0.0", "172.16.0.1",
                                           "192.168.1.1", "223.255.255.255", "100.100.100.201",
                                           "2001:db8::1", "fd00::1", "64:ff9b::a00:1", "fe00::1",
                                           "2002:a00:1::", "::ffff:0:10.0.0.1",
                                           "64:ff9b:1:a00:0:100::", "64:ff9b:1::a00:1",
                                           "64:ff9b:1:0:a:0:100:0", "64:ff9b:2::7f00:1",
                                           "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                                           "2001:1::7f00:1"));

TEST(AddressRules, AListedRangeIsAllowedAndItsNeighbourIsNot) {
  EXPECT_EQ(DenialOf("127.0.0.1", {"127.0.0.0/30"}), std::nullopt);
  EXPECT_NE(DenialOf("127.0.0.4", {"127.0.0.0/30"}), std::nullopt);
}

TEST(AddressRules, AnAddressAloneIsARangeOfOne) {
  EXPECT_EQ(DenialOf("::1", {"::1"}), std::nullopt);
  EXPECT_NE(DenialOf("127.0.0.1", {"::1"}), std::nullopt);
}

TEST(AddressRules, AllowingAnIpv4RangeAllowsItsIpv6Forms) {
  EXPECT_EQ(DenialOf("::ffff:127.0.0.1", {"127.0.0.0/8"}), std::nullopt);
  EXPECT_NE(DenialOf("::ffff:10.0.0.1", {"127.0.0.0/8"}), std::nullopt);
}

TEST(AddressRules, AllAddressesThatOneCarriesMustBeAllowed) {
  const std::string both = "2001:0:7f00:1:8000:63bf:80ff:fffe";  // 127.0.0.1 twice
  EXPECT_EQ(DenialOf(both, {"127.0.0.1"}), std::nullopt);
  const std::string metadata = "2001:0:7f00:1:8000:63bf:5601:5601";  // and 169.254.169.254
  EXPECT_THAT(*DenialOf(metadata, {"127.0.0.1"}), HasSubstr("carries a link-local address"));
  EXPECT_EQ(DenialOf(metadata, {"127.0.0.1", "169.254.0.0/16"}), std::nullopt);
}

TEST(AddressRules, TheDenialNamesAddressAndWhy) {
  EXPECT_EQ(DenialOf("127.0.0.1"), "127.0.0.1 is a loopback address");
  EXPECT_THAT(*DenialOf("64:ff9b::7f00:1"), HasSubstr("carries a loopback address"));
}

class MalformedCidr : public ::testing::TestWithParam<const char*> {};
TEST_P(MalformedCidr, IsRefusedByName) {
  const std::vector<std::string> allowed = {GetParam()};
  const auto rules = AddressRules::Build(allowed);
  ASSERT_FALSE(rules.ok());
  EXPECT_THAT(rules.status().message(), HasSubstr(std::string("\"") + GetParam() + "\""));
}
INSTANTIATE_TEST_SUITE_P(Table, MalformedCidr,
                         ::testing::Values("", "localhost", "10.0.0.0/33", "10.0.0.0/",
                                           "10.0.0.1/8", "10.0.0.0/-1", "::1/129", "10.0.0/8",
                                           "10.0.0.0/8 "));

}  // namespace
}  // namespace kubediag::fetch
