#include "engine/kubeconfig/in_cluster.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "test/engine/kubeconfig/fixture.h"

namespace kubediag::kubeconfig {
namespace {

class InCluster : public ::testing::Test {
 protected:
  InCluster() {
    around_.environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
    around_.environment["KUBERNETES_SERVICE_PORT"] = "443";
    home_.Write("serviceaccount/token", "pod-token\n");
    home_.Write("serviceaccount/ca.crt", Alice().certificate);
    home_.Write("serviceaccount/namespace", "kubediag\n");
  }
  Home home_;
  Surroundings around_ = home_.Around();
};

TEST_F(InCluster, ReadsWhatKubeletGives) {
  const auto config = LoadInCluster(around_);
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->server, "https://10.0.0.1:443");
  EXPECT_EQ(config->namespace_name, "kubediag");
  EXPECT_EQ(config->description, "in-cluster");
  EXPECT_EQ(*ReadCertificateAuthority(*config), Alice().certificate);
  EXPECT_EQ(config->credentials->Get()->token, "pod-token");
}

TEST_F(InCluster, AnIpv6AddressGetsBrackets) {
  around_.environment["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  EXPECT_EQ(LoadInCluster(around_)->server, "https://[fd00::1]:443");
  around_.environment["KUBERNETES_SERVICE_HOST"] = "[fd00::1]";
  EXPECT_EQ(LoadInCluster(around_)->server, "https://[fd00::1]:443");
}

TEST_F(InCluster, AnEmptyVariableIsNone) {
  around_.environment["KUBERNETES_SERVICE_PORT"] = "";
  EXPECT_EQ(LoadInCluster(around_).status().code(), StatusCode::kNotFound);
  around_.environment["KUBERNETES_SERVICE_PORT"] = "https";
  EXPECT_EQ(LoadInCluster(around_).status().message(),
            "in-cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: its port is not a "
            "number from 1 to 65535");
}

TEST_F(InCluster, APodWithoutATokenIsToldWhy) {
  std::filesystem::remove(home_.path() + "/serviceaccount/token");
  EXPECT_EQ(LoadInCluster(around_).status().message(),
            "in-cluster: open " + home_.path() +
                "/serviceaccount/token: No such file or directory: is "
                "automountServiceAccountToken false in the Pod's spec?");
}

TEST_F(InCluster, AnAuthorityWithoutCertificatesIsRefused) {
  home_.Write("serviceaccount/ca.crt", "nothing");
  EXPECT_EQ(LoadInCluster(around_).status().message(),
            "in-cluster: " + home_.path() + "/serviceaccount/ca.crt: holds no PEM certificate");
}

TEST_F(InCluster, ANewAuthorityIsSeenAtTheNextReading) {
  const auto config = LoadInCluster(around_);
  const Identity next = MakeIdentity("next");
  home_.Write("serviceaccount/ca.crt", Alice().certificate + next.certificate);
  EXPECT_EQ(*ReadCertificateAuthority(*config), Alice().certificate + next.certificate);
  home_.Write("serviceaccount/ca.crt", next.certificate.substr(0, 80));  // half-written
  EXPECT_FALSE(ReadCertificateAuthority(*config).ok());
}

TEST_F(InCluster, WithoutANamespaceFileItIsDefault) {
  std::filesystem::remove(home_.path() + "/serviceaccount/namespace");
  EXPECT_EQ(LoadInCluster(around_)->namespace_name, "default");
}

}  // namespace
}  // namespace kubediag::kubeconfig
