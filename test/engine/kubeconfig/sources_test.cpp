#include "engine/kubeconfig/sources.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "engine/core/limits.h"
#include "test/engine/kubeconfig/fixture.h"

namespace kubediag::kubeconfig {
namespace {

namespace fs = std::filesystem;

// A clock that moves when it is told to.
struct Time {
  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
  Clocks clocks() {
    Clocks clocks;
    clocks.steady = [this] { return now; };
    return clocks;
  }
};

TEST(TokenFile, IsReadAgainTenSecondsBeforeAMinuteHasPassed) {
  const Home home;
  Time time;
  const std::string path = home.Write("token", "first\n");
  const auto source = MakeTokenFile(path, "", time.clocks());
  EXPECT_EQ(source->Get()->token, "first");
  home.Write("token", "second");
  time.now += seconds(49);
  EXPECT_EQ(source->Get()->token, "first");
  time.now += seconds(1);
  EXPECT_EQ(source->Get()->token, "second");
}

TEST(TokenFile, FollowsTheLinkThatKubeletSwaps) {
  const Home home;
  Time time;
  home.Write("..1/token", "first");
  home.Write("..2/token", "second");
  fs::create_symlink("..1", home.path() + "/..data");
  fs::create_symlink("..data/token", home.path() + "/token");
  const auto source = MakeTokenFile(home.path() + "/token", "", time.clocks());
  EXPECT_EQ(source->Get()->token, "first");
  fs::create_symlink("..2", home.path() + "/..new");
  fs::rename(home.path() + "/..new", home.path() + "/..data");
  time.now += kTokenFilePeriod;
  EXPECT_EQ(source->Get()->token, "second");
}

TEST(TokenFile, ARefusedTokenIsReadAgainAtOnce) {
  const Home home;
  Time time;
  const auto source = MakeTokenFile(home.Write("token", "first"), "", time.clocks());
  const Credential first = *source->Get();
  home.Write("token", "second");
  source->Invalidate(first);
  EXPECT_EQ(source->Get()->token, "second");
  home.Write("token", "third");
  source->Invalidate(first);  // of a request that was under way: the token is another already
  EXPECT_EQ(source->Get()->token, "second");
}

TEST(TokenFile, TheLastGoodTokenStaysWhileTheFileCannotBeRead) {
  const Home home;
  Time time;
  const auto source = MakeTokenFile(home.Write("token", "first"), "", time.clocks());
  const Credential first = *source->Get();
  fs::remove(home.path() + "/token");
  source->Invalidate(first);
  EXPECT_EQ(source->Get()->token, "first");
  home.Write("token", "");
  time.now += kTokenFileLeeway;
  EXPECT_EQ(source->Get()->token, "first");
  home.Write("token", "second");
  time.now += kTokenFileLeeway;
  EXPECT_EQ(source->Get()->token, "second");
}

TEST(TokenFile, SaysWhatIsWrongUntilThereIsAToken) {
  const Home home;
  Time time;
  const std::string path = home.path() + "/token";
  const auto source = MakeTokenFile(path, "", time.clocks());
  EXPECT_EQ(source->Get().status().code(), StatusCode::kNotFound);
  home.Write("token", " \n");
  EXPECT_EQ(source->Get().status().message(), path + ": holds no token");
  home.Write("token", "hunter2\nX-Evil: 1");
  EXPECT_EQ(source->Get().status().message(),
            path + ": holds a character that a token cannot have");
  home.Write("token", std::string(kMaxCredentialBytes + 1, 'x'));
  EXPECT_EQ(source->Get().status().code(), StatusCode::kResourceExhausted);
  home.Write("token", "good");
  EXPECT_EQ(source->Get()->token, "good");
}

TEST(ClientCertificate, IsLookedAtAgainEachPeriod) {
  const Home home;
  Time time;
  const Identity next = MakeIdentity("next");
  const auto source = MakeClientCertificate({"", home.Write("crt", Alice().certificate)},
                                            {"", home.Write("key", Alice().key)}, time.clocks());
  EXPECT_EQ(source->Get()->client_certificate, Alice().certificate);
  home.Write("crt", next.certificate);
  home.Write("key", next.key);
  EXPECT_EQ(source->Get()->client_certificate, Alice().certificate);
  time.now += kClientCertificatePeriod;
  EXPECT_EQ(source->Get()->client_certificate, next.certificate);
  EXPECT_EQ(source->Get()->client_key, next.key);
}

TEST(ClientCertificate, HalfAReplacedPairIsNotUsed) {
  const Home home;
  Time time;
  const Identity next = MakeIdentity("next");
  const auto source = MakeClientCertificate({"", home.Write("crt", Alice().certificate)},
                                            {"", home.Write("key", Alice().key)}, time.clocks());
  const Credential before = *source->Get();
  home.Write("crt", next.certificate);
  source->Invalidate(before);
  EXPECT_EQ(*source->Get(), before);
  home.Write("key", next.key);
  time.now += kTokenFileLeeway;
  EXPECT_EQ(source->Get()->client_certificate, next.certificate);
}

TEST(ClientCertificate, ARefusedOneIsReadAgainAtOnce) {
  const Home home;
  Time time;
  const Identity next = MakeIdentity("next");
  const auto source = MakeClientCertificate({"", home.Write("crt", Alice().certificate)},
                                            {"", home.Write("key", Alice().key)}, time.clocks());
  const Credential before = *source->Get();
  home.Write("crt", next.certificate);
  home.Write("key", next.key);
  source->Invalidate(before);
  EXPECT_EQ(source->Get()->client_certificate, next.certificate);
}

TEST(CombinedCredentials, TakeEachPartFromTheFirstThatHasIt) {
  Credential one;
  one.token = "one";
  Credential two;
  two.token = "two";
  two.client_certificate = "c";
  two.client_key = "k";
  two.impersonation.user = "bob";
  const auto source = CombineCredentials({MakeStaticCredential(one), MakeStaticCredential(two)});
  Credential all = two;
  all.token = "one";
  EXPECT_EQ(*source->Get(), all);
}

TEST(CombinedCredentials, ARefusalReachesThePartItIsAbout) {
  const Home home;
  Time time;
  Credential fixed;
  fixed.impersonation.user = "bob";
  const auto source =
      CombineCredentials({MakeTokenFile(home.Write("token", "first"), "", time.clocks()),
                          MakeStaticCredential(fixed)});
  const Credential first = *source->Get();
  EXPECT_EQ(first.impersonation.user, "bob");
  home.Write("token", "second");
  source->Invalidate(first);
  EXPECT_EQ(source->Get()->token, "second");
}

TEST(TokenFile, ManyThreadsSeeOneTokenOrTheOther) {
  const Home home;
  const auto source = MakeTokenFile(home.Write("token", "first"), "");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&source] {
      for (int round = 0; round < 200; ++round) {
        const auto credential = source->Get();
        ASSERT_TRUE(credential.ok());
        EXPECT_TRUE(credential->token == "first" || credential->token == "second");
        source->Invalidate(*credential);
      }
    });
  }
  // Renamed into place: a reader never sees half of it.
  home.Write("next", "second");
  fs::rename(home.path() + "/next", home.path() + "/token");
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace kubediag::kubeconfig
