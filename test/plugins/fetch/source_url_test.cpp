#include "plugins/fetch/source_url.h"

#include <gtest/gtest.h>

#include <string>

#include "plugins/fetch/limits.h"

namespace kubediag::fetch {
namespace {

TEST(SourceUrl, TellsSchemeHostAndPort) {
  const auto url = CheckUrl("https://10.0.2.15:6443/debug/pprof/heap?seconds=5");
  ASSERT_TRUE(url.ok()) << url.status().ToString();
  EXPECT_TRUE(url->https);
  EXPECT_EQ(url->host, "10.0.2.15");
  EXPECT_EQ(url->port, 6443);
}

TEST(SourceUrl, KnowsDefaultPortsAndIpv6Literals) {
  EXPECT_EQ(CheckUrl("http://localhost/")->port, 80);
  EXPECT_EQ(CheckUrl("HTTPS://localhost")->port, 443);
  EXPECT_EQ(CheckUrl("https://[::1]:6443/")->host, "::1");
}

class RefusedUrl : public ::testing::TestWithParam<std::string> {};
TEST_P(RefusedUrl, IsAnInvalidSource) {
  const auto url = CheckUrl(GetParam());
  ASSERT_FALSE(url.ok()) << GetParam();
  EXPECT_EQ(url.status().reason(), "InvalidSource");
}
INSTANTIATE_TEST_SUITE_P(
    Table, RefusedUrl,
    ::testing::Values("", "10.0.2.15:6443", "ftp://10.0.2.15/", "file:///etc/passwd",
                      "gopher://10.0.2.15/", "httpsfoo://10.0.2.15/", "https://",
                      "https://user@10.0.2.15/", "https://user:password@10.0.2.15/",
                      "https://@10.0.2.15/", "https://:@10.0.2.15/", "https://10.0.2.15:0/",
                      "https://10.0.2.15:65536/", "https://10.0.2.15:port/",
                      "https://10.0.2.15/\r\nX-Header: 1", "https://10.0.2.15/ heap",
                      std::string("https://10.0.2.15/\0x", 20), "https://10.0.2.15/\x7f",
                      "https://10.0.2.15\\@127.0.0.1/",
                      "https://b\xc3\xbc"
                      "cher.example/",
                      "https://10.0.2.15/#fragment", "https://[fe80::1%25eth0]/", "https://[::1/",
                      "https:/10.0.2.15/", "//10.0.2.15/",
                      "https://10.0.2.15/" + std::string(kMaxUrlBytes, 'x')));

TEST(SourceUrl, AUrlAtTheCapIsTaken) {
  const std::string base = "https://10.0.2.15/";
  EXPECT_TRUE(CheckUrl(base + std::string(kMaxUrlBytes - base.size(), 'x')).ok());
  EXPECT_FALSE(CheckUrl(base + std::string(kMaxUrlBytes - base.size() + 1, 'x')).ok());
}

}  // namespace
}  // namespace kubediag::fetch
