#include "plugins/http_server/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace kubediag::http_server {
namespace {

using ::testing::HasSubstr;

Result<std::string> UrlOf(const std::map<std::string, std::string>& settings) {
  std::vector<kubediag_pair> pairs;
  for (const auto& [key, value] : settings) pairs.push_back({sdk::View(key), sdk::View(value)});
  return EndpointUrl(Values(pairs.data(), pairs.size()));
}

TEST(Endpoint, FillsInKubeDiagsDefaults) {
  EXPECT_EQ(*UrlOf({{"address", "10.0.2.15"}}), "http://10.0.2.15/");
  EXPECT_EQ(*UrlOf({{"port", "8080"}}), "http://127.0.0.1:8080/");
}

TEST(Endpoint, PutsAllSettingsTogether) {
  EXPECT_EQ(*UrlOf({{"scheme", "https"}, {"address", "a.b"}, {"port", "1"}, {"path", "/x"}}),
            "https://a.b:1/x");
  EXPECT_EQ(*UrlOf({{"address", "fd00::1"}, {"path", "x"}}), "http://[fd00::1]/x");
}

struct BadSetting {
  const char* name;
  const char* value;
};
class BadEndpoint : public ::testing::TestWithParam<BadSetting> {};
TEST_P(BadEndpoint, NamesTheSetting) {
  const auto url = UrlOf({{GetParam().name, GetParam().value}});
  ASSERT_FALSE(url.ok());
  EXPECT_EQ(url.status().reason(), "InvalidSetting");
  EXPECT_THAT(url.status().message(), HasSubstr(std::string("httpServer.") + GetParam().name));
}
INSTANTIATE_TEST_SUITE_P(Table, BadEndpoint,
                         ::testing::Values(BadSetting{"scheme", "ftp"},
                                           BadSetting{"scheme", "HTTP"}, BadSetting{"address", ""},
                                           BadSetting{"address", "a@b"},
                                           BadSetting{"address", "a/b"},
                                           BadSetting{"address", "a b"}, BadSetting{"port", "0"},
                                           BadSetting{"port", "65536"}, BadSetting{"port", "8x"},
                                           BadSetting{"port", "-1"}));

}  // namespace
}  // namespace kubediag::http_server
