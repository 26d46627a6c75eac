#include "engine/cli/run_options.h"

#include <gtest/gtest.h>

namespace kubediag::cli {
namespace {

TEST(CheckPort, TakesPortsAndAnyAndNamesWhatIsNone) {
  for (const char* good : {"0", "1", "65535"}) EXPECT_TRUE(CheckPort(good).ok()) << good;
  for (const char* bad : {"", "-1", "65536", "99999", "80a", " 80"}) {
    EXPECT_EQ(CheckPort(bad).message(), "\"" + std::string(bad) + "\" is no port from 0 to 65535");
  }
}

TEST(ParsePortRange, TakesRangesSinglePortsAndAny) {
  EXPECT_EQ(ParsePortRange("39900-39999")->first, 39900);
  EXPECT_EQ(ParsePortRange("39900-39999")->last, 39999);
  EXPECT_EQ(ParsePortRange("8080")->last, 8080);
  EXPECT_EQ(ParsePortRange("0")->last, 0);
  EXPECT_EQ(ParsePortRange("1-65535")->last, 65535);
}

TEST(ParsePortRange, RefusesWhatIsNone) {
  for (const char* text : {"", "-", "1-", "-1", "2-1", "0-5", "65536", "80x", "1-2-3", " 80"}) {
    EXPECT_FALSE(ParsePortRange(text).ok()) << text;
  }
}

TEST(CheckCidr, KnowsRangesOfBothFamilies) {
  for (const char* text : {"10.0.0.0/8", "127.0.0.1", "0.0.0.0/0", "fd00::/8", "::1/128"}) {
    EXPECT_TRUE(CheckCidr(text).ok()) << text;
  }
  for (const char* text :
       {"", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/", "::/129", "host/8", "127.0.0.1/8", "::1/64"}) {
    EXPECT_FALSE(CheckCidr(text).ok()) << text;
  }
}

TEST(CheckNodeName, TakesWhatKubernetesTakes) {
  for (const char* name : {"node-1", "ip-10-0-0-1.eu.example", "7"}) {
    EXPECT_TRUE(CheckNodeName(name).ok()) << name;
  }
  for (const char* name : {"", "Node", "a_b", "a.", ".a", "a/b"}) {
    EXPECT_FALSE(CheckNodeName(name).ok()) << name;
  }
  EXPECT_FALSE(CheckNodeName(std::string(254, 'a')).ok());
}

TEST(ViewerHost, IsTheAddressUnlessThatMeansAll) {
  RunOptions options;
  EXPECT_EQ(ViewerHost(options), "127.0.0.1");
  options.viewer_address = "0.0.0.0";
  options.viewer_hosts = {"node-1.example", "other"};
  EXPECT_EQ(ViewerHost(options), "node-1.example");
  options.viewer_hosts.clear();
  EXPECT_NE(ViewerHost(options), "0.0.0.0");
}

}  // namespace
}  // namespace kubediag::cli
