#include "engine/kubeconfig/server_url.h"

#include <gtest/gtest.h>

namespace kubediag::kubeconfig {
namespace {

struct Good {
  const char* given;
  bool has_tls;
  const char* checked;
};
class GoodServer : public ::testing::TestWithParam<Good> {};

TEST_P(GoodServer, IsBroughtIntoOneForm) {
  const auto checked = CheckServerUrl(GetParam().given, GetParam().has_tls);
  ASSERT_TRUE(checked.ok()) << checked.status().ToString();
  EXPECT_EQ(*checked, GetParam().checked);
}

INSTANTIATE_TEST_SUITE_P(
    Servers, GoodServer,
    ::testing::Values(Good{"https://h", false, "https://h"}, Good{"HTTPS://h/", false, "https://h"},
                      Good{"https://[::1]:6443", false, "https://[::1]:6443"},
                      Good{"https://[::1]", false, "https://[::1]"},
                      Good{"https://h:65535/k8s/c-1//", false, "https://h:65535/k8s/c-1"},
                      Good{"h:8080", false, "http://h:8080"},
                      Good{"h:8443", true, "https://h:8443"}));

class BadServer : public ::testing::TestWithParam<const char*> {};

TEST_P(BadServer, IsRefused) { EXPECT_FALSE(CheckServerUrl(GetParam(), true).ok()); }

INSTANTIATE_TEST_SUITE_P(Servers, BadServer,
                         ::testing::Values("", "https://", "https:///path", "unix:///socket",
                                           "https://h:0", "https://h:65536",
                                           "https://h:", "https://h:x", "https://:1", "https://::1",
                                           "https://[::1", "https://[]", "https://[::1]x",
                                           "https://u@h", "https://h?q", "https://h#f",
                                           "https://h\r\nX: y", "https://a b", "https://h\\x"));

}  // namespace
}  // namespace kubediag::kubeconfig
