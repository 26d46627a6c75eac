// Each rule of the file's meaning, and the error of each that is broken.
#include <gtest/gtest.h>

#include <vector>

#include "engine/core/base64.h"
#include "engine/kubeconfig/cluster_config.h"
#include "test/engine/kubeconfig/fixture.h"

namespace kubediag::kubeconfig {
namespace {

struct Broken {
  const char* cluster;
  const char* user;
  const char* message;  // after "~/.kube/config: "
};

class BrokenFile : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenFile, NamesTheFieldAndTheReason) {
  const Home home;
  const auto config = home.Load(OneContext(GetParam().cluster, GetParam().user));
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().message(), std::string("~/.kube/config: ") + GetParam().message);
  EXPECT_EQ(config.status().message().find("hunter2"), std::string::npos);
}

constexpr char kServer[] = "server: https://h";

INSTANTIATE_TEST_SUITE_P(
    Clusters, BrokenFile,
    ::testing::Values(
        Broken{"a: b", "", "clusters[0].cluster.server: is missing: the address of the API server"},
        Broken{"server: [x]", "", "clusters[0].cluster.server: is not a string"},
        Broken{"server: 'ftp://h'", "",
               "clusters[0].cluster.server: its scheme is neither https nor http"},
        Broken{"server: 'https://bob:hunter2@h'", "",
               "clusters[0].cluster.server: has a user name in it: credentials belong under users"},
        Broken{"server: https://h, insecure-skip-tls-verify: maybe", "",
               "clusters[0].cluster.insecure-skip-tls-verify: is neither true nor false"},
        Broken{"server: https://h, insecure-skip-tls-verify: true, certificate-authority: ca.crt",
               "",
               "clusters[0].cluster.insecure-skip-tls-verify: contradicts the certificate "
               "authority given beside it: take one out"},
        Broken{"server: https://h, certificate-authority-data: '!!'", "",
               "clusters[0].cluster.certificate-authority-data: is not base64"},
        Broken{"server: https://h, certificate-authority-data: aGVsbG8=", "",
               "clusters[0].cluster.certificate-authority-data: holds no PEM certificate"},
        Broken{"server: https://h, tls-server-name: 'a:1'", "",
               "clusters[0].cluster.tls-server-name: is not a host name"},
        Broken{"server: https://h, proxy-url: 'h:1'", "",
               "clusters[0].cluster.proxy-url: does not begin with http://, https:// or "
               "socks5://"}));

INSTANTIATE_TEST_SUITE_P(
    Users, BrokenFile,
    ::testing::Values(
        Broken{kServer, "username: bob, password: hunter2",
               "users[0].user.username: basic authentication is not supported (Kubernetes has none "
               "since 1.19): use a token, a client certificate or exec"},
        Broken{kServer, "auth-provider: {name: gcp}",
               "users[0].user.auth-provider: is not supported (Kubernetes' clients have none since "
               "1.26): use exec"},
        Broken{kServer, "token: \"hunter2\\r\\nX-Evil: 1\"",
               "users[0].user.token: holds a character that a token cannot have"},
        Broken{kServer, "token: ' '", "users[0].user.token: holds no token"},
        Broken{kServer, "token: {a: hunter2}", "users[0].user.token: is not a string"},
        Broken{"server: http://127.0.0.1:8080", "token: hunter2",
               "users[0].user.token: is not sent in the open: the server is http://127.0.0.1:8080, "
               "not https"},
        Broken{"server: 'localhost:8080'", "tokenFile: t",
               "users[0].user.tokenFile: is not sent in the open: the server is "
               "http://localhost:8080, not https"},
        Broken{"server: http://h",
               "exec: {command: x, apiVersion: "
               "client.authentication.k8s.io/v1beta1}",
               "users[0].user.exec: is not sent in the open: the server is http://h, not https"},
        Broken{kServer, "client-certificate: c",
               "users[0].user.client-key: is missing beside client-certificate"},
        Broken{kServer, "client-key: k",
               "users[0].user.client-certificate: is missing beside client-key"},
        Broken{kServer, "client-certificate-data: aGVsbG8=, client-key-data: aHVudGVyMg==",
               "users[0].user.client-certificate-data: holds no PEM certificate"},
        Broken{kServer, "as-groups: [a]",
               "users[0].user.as: is missing: as-uid, as-groups and as-user-extra go with a user"},
        Broken{kServer, "as: \"a\\nb\"", "users[0].user.as: holds a control character"},
        Broken{kServer, "as: a, as-groups: b", "users[0].user.as-groups: is not a list"},
        Broken{kServer, "as: a, as-user-extra: {k: [[]]}",
               "users[0].user.as-user-extra.k[0]: is not a string"}));

INSTANTIATE_TEST_SUITE_P(
    Exec, BrokenFile,
    ::testing::Values(
        Broken{kServer, "exec: {}", "users[0].user.exec.command: is missing"},
        Broken{kServer, "exec: x", "users[0].user.exec: is not a map"},
        Broken{kServer, "exec: {command: x}",
               "users[0].user.exec.apiVersion: is neither client.authentication.k8s.io/v1 nor "
               "v1beta1"},
        Broken{kServer, "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}",
               "users[0].user.exec.apiVersion: is neither client.authentication.k8s.io/v1 nor "
               "v1beta1"},
        Broken{kServer, "exec: {command: x, apiVersion: client.authentication.k8s.io/v1}",
               "users[0].user.exec.interactiveMode: is missing: client.authentication.k8s.io/v1 "
               "wants it"},
        Broken{kServer,
               "exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: "
               "Sometimes}",
               "users[0].user.exec.interactiveMode: is none of Never, IfAvailable, Always"},
        Broken{kServer,
               "exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1, env: [{name: "
               "a=b}]}",
               "users[0].user.exec.env[0].name: is not the name of a variable"},
        Broken{
            kServer,
            "exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1, args: [\"\\0\"]"
            "}",
            "users[0].user.exec.args[0]: holds a NUL character"}));

struct BrokenShape {
  const char* text;
  const char* message;
};
class BrokenFileShape : public ::testing::TestWithParam<BrokenShape> {};

TEST_P(BrokenFileShape, NamesThePlace) {
  const Home home;
  EXPECT_EQ(home.Load(GetParam().text).status().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, BrokenFileShape,
    ::testing::Values(
        BrokenShape{"- a", "~/.kube/config: is not a map"},
        BrokenShape{"apiVersion: v2", "~/.kube/config: apiVersion: is not v1"},
        BrokenShape{"kind: Pod", "~/.kube/config: kind: is not Config"},
        BrokenShape{"users: {}", "~/.kube/config: users: is not a list"},
        BrokenShape{"users: [a]", "~/.kube/config: users[0]: is not a map"},
        BrokenShape{"users: [{name: a}, {name: b}, {name: a}]",
                    "~/.kube/config: users[2].name: is that of users[0] too"},
        BrokenShape{"current-context: c\ncontexts: [{name: c}]",
                    "~/.kube/config: contexts[0].context.cluster: is missing"},
        BrokenShape{"current-context: c\ncontexts: [{name: c, context: {cluster: k}}]",
                    "~/.kube/config: contexts[0].context.cluster: there is no cluster k"},
        BrokenShape{"current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
                    "clusters: [{name: k, cluster: {server: https://h}}]",
                    "~/.kube/config: contexts[0].context.user: there is no user u"},
        BrokenShape{"current-context: c\ncontexts: [{name: c, context: {cluster: k, namespace: "
                    "../x}}]\nclusters: [{name: k, cluster: {server: https://h}}]",
                    "~/.kube/config: contexts[0].context.namespace: is not the name of a "
                    "namespace"}));

TEST(Rules, AWholeClusterIsRead) {
  const Home home;
  const auto config = home.Load(OneContext(
      "server: 'https://h:6443/prefix/', tls-server-name: api, proxy-url: 'http://proxy:3128', "
      "certificate-authority: /nowhere, certificate-authority-data: " +
          EncodeBase64(Alice().certificate) + ", disable-compression: true, unknown: [1, {a: b}]",
      "token: hunter2, unknown: x", "namespace: team-a, extensions: []"));
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->server, "https://h:6443/prefix");
  EXPECT_EQ(config->tls_server_name, "api");
  EXPECT_EQ(config->proxy_url, "http://proxy:3128");
  EXPECT_EQ(config->namespace_name, "team-a");
  EXPECT_EQ(config->description, "context c of ~/.kube/config");
  EXPECT_EQ(config->certificate_authority_file, "");  // the data wins
  EXPECT_EQ(*ReadCertificateAuthority(*config), Alice().certificate);
  EXPECT_EQ(config->credentials->Get()->token, "hunter2");
}

TEST(Rules, DefaultsAreThoseOfKubectl) {
  const Home home;
  const auto config = home.Load(OneContext("server: http://h", ""));
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->namespace_name, "default");
  EXPECT_FALSE(config->insecure_skip_tls_verify);
  EXPECT_EQ(*ReadCertificateAuthority(*config), "");
  EXPECT_EQ(*config->credentials->Get(), Credential());  // anonymous
  EXPECT_TRUE(home.Load(OneContext("server: h, insecure-skip-tls-verify: true", ""))->server ==
              "https://h");
}

TEST(Rules, MistakesOfOtherEntriesDoNotMatter) {
  const Home home;
  EXPECT_TRUE(home.Load(OneContext(kServer, "token: t}}, {name: v, user: {username: x")).ok());
}

TEST(Rules, TheTokenFileWinsOverTheTokenOnceItCanBeRead) {
  const Home home;
  const std::string text = OneContext(kServer, "token: fixed, tokenFile: t");
  EXPECT_EQ(home.Load(text)->credentials->Get()->token, "fixed");
  home.Write(".kube/t", "rotated\n");
  EXPECT_EQ(home.Load(text)->credentials->Get()->token, "rotated");
}

TEST(Rules, ATokenFileThatCannotBeReadIsSaidAtOnce) {
  const Home home;
  const auto config = home.Load(OneContext(kServer, "tokenFile: t"));
  EXPECT_EQ(config.status().message(), "~/.kube/config: user u: tokenFile: open " + home.path() +
                                           "/.kube/t: No such file or directory");
}

TEST(Rules, CertificateDataWinsOverItsFile) {
  const Home home;
  const Identity other = MakeIdentity("other");
  home.Write(".kube/crt", other.certificate);
  home.Write(".kube/key", Alice().key);
  const auto config = home.Load(OneContext(kServer,
                                           "client-certificate: crt, client-key: key, "
                                           "client-certificate-data: " +
                                               EncodeBase64(Alice().certificate)));
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->credentials->Get()->client_certificate, Alice().certificate);
  EXPECT_EQ(config->credentials->Get()->client_key, Alice().key);
}

TEST(Rules, AKeyOfAnotherCertificateIsRefusedWithoutShowingIt) {
  const Home home;
  home.Write(".kube/crt", Alice().certificate);
  home.Write(".kube/key", MakeIdentity("other").key);
  const auto config = home.Load(OneContext(kServer, "client-certificate: crt, client-key: key"));
  EXPECT_EQ(config.status().message(),
            "~/.kube/config: user u: client-certificate: " + home.path() +
                "/.kube/crt: the key is not that of the certificate");
}

TEST(Rules, ImpersonationIsReadWhole) {
  const Home home;
  const auto config = home.Load(OneContext(
      kServer, "token: t, as: bob, as-uid: '7', as-groups: [a, b], as-user-extra: {k: [x, y]}"));
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  const auto credential = config->credentials->Get();
  EXPECT_EQ(credential->token, "t");
  EXPECT_EQ(credential->impersonation.user, "bob");
  EXPECT_EQ(credential->impersonation.uid, "7");
  EXPECT_EQ(credential->impersonation.groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(credential->impersonation.extra.at("k"), (std::vector<std::string>{"x", "y"}));
}

}  // namespace
}  // namespace kubediag::kubeconfig
