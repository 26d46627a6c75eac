#include <gtest/gtest.h>

#include <filesystem>

#include "engine/kubeconfig/cluster_config.h"
#include "test/engine/kubeconfig/fixture.h"

namespace kubediag::kubeconfig {
namespace {

std::string Named(const std::string& name, const std::string& token) {
  return "current-context: " + name + "\ncontexts: [{name: " + name +
         ", context: {cluster: " + name + ", user: u}}]\nclusters: [{name: " + name +
         ", cluster: {server: https://" + name + "}}]\nusers: [{name: u, user: {token: " + token +
         "}}]\n";
}

class Order : public ::testing::Test {
 protected:
  Result<ClusterConfig> Load(const std::string& kubeconfig = "", const std::string& context = "") {
    return LoadClusterConfig(
        {.kubeconfig = kubeconfig, .context = context, .surroundings = around_});
  }
  void BeInCluster() {
    around_.environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
    around_.environment["KUBERNETES_SERVICE_PORT"] = "443";
    home_.Write("serviceaccount/token", "pod-token");
    home_.Write("serviceaccount/ca.crt", Alice().certificate);
  }

  Home home_;
  Surroundings around_ = home_.Around();
};

TEST_F(Order, AnExplicitFileComesBeforeAllElse) {
  BeInCluster();
  home_.Write(".kube/config", Named("default", "t"));
  around_.environment["KUBECONFIG"] = home_.Write("listed", Named("listed", "t"));
  const auto config = Load(home_.Write("explicit", Named("explicit", "t")));
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->server, "https://explicit");
  EXPECT_EQ(config->description, "context explicit of ~/explicit");
}

TEST_F(Order, TheListOfTheEnvironmentComesBeforeTheHome) {
  BeInCluster();
  home_.Write(".kube/config", Named("default", "t"));
  around_.environment["KUBECONFIG"] = home_.Write("listed", Named("listed", "t"));
  EXPECT_EQ(Load()->server, "https://listed");
}

TEST_F(Order, TheHomeComesBeforeTheCluster) {
  BeInCluster();
  home_.Write(".kube/config", Named("default", "t"));
  EXPECT_EQ(Load()->server, "https://default");
}

TEST_F(Order, TheClusterComesLast) {
  BeInCluster();
  EXPECT_EQ(Load()->description, "in-cluster");
  home_.Write(".kube/config", "apiVersion: v1\nkind: Config\n");  // as kubectl leaves an empty one
  EXPECT_EQ(Load()->description, "in-cluster");
}

TEST_F(Order, AnExplicitFileMustExistAndHoldAContext) {
  BeInCluster();
  const auto missing = Load(home_.path() + "/none");
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  EXPECT_NE(missing.status().message().find("/none"), std::string::npos);
  EXPECT_EQ(Load(home_.Write("empty", "")).status().message(), "~/empty: holds no context");
}

TEST_F(Order, NothingConfiguredListsWhatWasTried) {
  EXPECT_EQ(Load().status().message(),
            "no API server is configured: KUBECONFIG is not set; ~/.kube/config does not exist; "
            "not in a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set)");
  around_.environment["KUBECONFIG"] = home_.path() + "/a:" + home_.Write("b", "{}");
  EXPECT_EQ(Load().status().message(),
            "no API server is configured: ~/a (of KUBECONFIG) does not exist; ~/b holds no "
            "context; not in a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are "
            "not set)");
}

TEST_F(Order, AContextThatWasAskedForIsNeverReplacedByTheCluster) {
  BeInCluster();
  EXPECT_EQ(Load("", "prod").status().message(),
            "there is no context prod: KUBECONFIG is not set; ~/.kube/config does not exist");
}

TEST_F(Order, TheFirstFileOfTheListThatHasANameGivesAllOfIt) {
  around_.environment["KUBECONFIG"] = home_.Write("a", Named("a", "token-of-a")) +
                                      "::" + home_.path() +
                                      "/missing:" + home_.Write("b", Named("b", "token-of-b"));
  const auto first = Load();
  EXPECT_EQ(first->server, "https://a");  // the first current-context
  const auto second = Load("", "b");
  EXPECT_EQ(second->server, "https://b");
  EXPECT_EQ(second->description, "context b of ~/b");
  EXPECT_EQ(second->credentials->Get()->token, "token-of-a");  // user u stands in both
}

TEST_F(Order, RelativePathsStartAtTheirOwnFile) {
  home_.Write("one/ca.crt", Alice().certificate);
  home_.Write("two/token", "from-two");
  home_.Write("one/config",
              "clusters: [{name: k, cluster: {server: https://h, certificate-authority: ca.crt}}]");
  home_.Write("two/config",
              "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
              "users: [{name: u, user: {tokenFile: ./token}}]");
  around_.environment["KUBECONFIG"] = home_.path() + "/one/config:" + home_.path() + "/two/config";
  const auto config = Load();
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->certificate_authority_file, home_.path() + "/one/ca.crt");
  EXPECT_EQ(*ReadCertificateAuthority(*config), Alice().certificate);
  EXPECT_EQ(config->credentials->Get()->token, "from-two");
}

TEST_F(Order, AnUnknownContextNamesThoseThereAre) {
  home_.Write(".kube/config", Named("production", "t"));
  EXPECT_EQ(Load("", "prodution").status().message(),
            "~/.kube/config: there is no context prodution; there is production (did you mean "
            "production?)");
}

TEST_F(Order, NoCurrentContextAsksForOne) {
  home_.Write(".kube/config", "contexts: [{name: a}, {name: b}]");
  EXPECT_EQ(Load().status().message(),
            "~/.kube/config: no current-context is set: choose one with --context; there is a, b");
}

TEST_F(Order, AFileThatCannotBeReadIsNotPassedOver) {
  BeInCluster();
  around_.environment["KUBECONFIG"] = home_.path();
  EXPECT_NE(Load().status().message().find("is a directory"), std::string::npos);
}

TEST(Surroundings, AreThoseOfTheProcess) {
  EXPECT_EQ(Surroundings::OfThisProcess().environment.count("PATH"), 1U);
}

}  // namespace
}  // namespace kubediag::kubeconfig
