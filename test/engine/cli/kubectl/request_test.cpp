#include "engine/cli/kubectl/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/cli/kubectl/keys.h"
#include "plugins/go_profiler/operation/keys.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr char kRandom[] = "0123456789abcdef";

DiagnosisRequest Profile() {
  DiagnosisRequest request;
  request.operation_set = "go-profiler";
  request.node = "node-1";
  request.source = "https://10.0.2.15:6443";
  return request;
}

api::Diagnosis Made(const DiagnosisRequest& request) {
  auto made = MakeDiagnosis(request, "shop", kRandom);
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  return made.ok() ? *std::move(made) : api::Diagnosis();
}

std::string Refusal(const DiagnosisRequest& request) {
  const auto made = MakeDiagnosis(request, "shop", kRandom);
  EXPECT_EQ(made.status().code(), StatusCode::kInvalidArgument);
  return made.status().message();
}

api::OperationSet Set(const std::string& name, const std::vector<std::string>& operations) {
  api::OperationSet set;
  set.metadata.name = name;
  set.adjacency_list.resize(1);
  for (const std::string& operation : operations) {
    set.adjacency_list.emplace_back().operation = operation;
  }
  return set;
}

TEST(MakeDiagnosis, TurnsOptionsIntoParametersOfTheProfiler) {
  DiagnosisRequest request = Profile();
  request.secret = "kubediag/apiserver-profiler-sa-token";
  request.expiration = 60;
  request.seconds = 5;
  request.type = "profile";
  EXPECT_THAT(Made(request).spec.parameters,
              UnorderedElementsAre(Pair(kProfileSourceKey, "https://10.0.2.15:6443"),
                                   Pair(kProfileTypeKey, "Profile"),
                                   Pair(kProfileExpirationKey, "60"), Pair(kProfileSecondsKey, "5"),
                                   Pair(kProfileSecretNamespaceKey, "kubediag"),
                                   Pair(kProfileSecretNameKey, "apiserver-profiler-sa-token")));
}

TEST(MakeDiagnosis, KnowsTheProfilersOwnWords) {
  EXPECT_STREQ(kProfileExpirationKey, go_profiler::kExpirationKey);
  EXPECT_STREQ(kProfileTypeKey, go_profiler::kTypeKey);
  EXPECT_STREQ(kProfileSourceKey, go_profiler::kSourceKey);
  EXPECT_STREQ(kProfileSecondsKey, go_profiler::kSecondsKey);
  EXPECT_STREQ(kProfileSecretNamespaceKey, go_profiler::kSecretNamespaceKey);
  EXPECT_STREQ(kProfileSecretNameKey, go_profiler::kSecretNameKey);
  EXPECT_STREQ(kProfileFileKey, go_profiler::kFileKey);
  EXPECT_STREQ(kProfileSha256Key, go_profiler::kSha256Key);
}

TEST(MakeDiagnosis, TakesAHeapOfASourceUnlessAnotherTypeIsNamed) {
  EXPECT_EQ(Made(Profile()).spec.parameters.at(kProfileTypeKey), "Heap");
  DiagnosisRequest request = Profile();
  request.parameters = {std::string(kProfileTypeKey) + "=Mutex"};
  EXPECT_EQ(Made(request).spec.parameters.at(kProfileTypeKey), "Mutex");
  request = Profile();
  request.source.clear();
  EXPECT_TRUE(Made(request).spec.parameters.empty());
}

TEST(MakeDiagnosis, SecretsAndPodsAreOfTheDiagnosisNamespaceUnlessAnotherIsNamed) {
  DiagnosisRequest request = Profile();
  request.secret = "token";
  request.node.clear();
  request.pod = "cart-0";
  request.container = "main";
  const api::Diagnosis made = Made(request);
  EXPECT_EQ(made.spec.parameters.at(kProfileSecretNamespaceKey), "shop");
  EXPECT_EQ(*made.spec.pod_reference, (api::PodReference{"shop", "cart-0", "main"}));
  EXPECT_EQ(made.spec.node_name, "");
  request.pod = "other/cart-0";
  EXPECT_EQ(Made(request).spec.pod_reference->namespace_name, "other");
}

TEST(MakeDiagnosis, MakesANameUpThatKubernetesTakes) {
  EXPECT_THAT(Made(Profile()).metadata.name, MatchesRegex("go-profiler-[b-z2-9]{5}"));
  const auto other = MakeDiagnosis(Profile(), "shop", "fedcba9876543210");
  EXPECT_NE(other->metadata.name, Made(Profile()).metadata.name);
  DiagnosisRequest request = Profile();
  request.operation_set = std::string(253, 'a');
  EXPECT_EQ(Made(request).metadata.name.size(), 253U);
  request.operation_set = std::string(246, 'a') + ".bcdefg";
  EXPECT_THAT(Made(request).metadata.name, MatchesRegex("a{246}-.{5}"));
  request.name = "mine";
  EXPECT_EQ(Made(request).metadata.name, "mine");
}

TEST(MakeDiagnosis, ValuesOfParametersMayHoldAnything) {
  DiagnosisRequest request = Profile();
  request.source.clear();
  request.parameters = {"a=b=c", "empty=", "text=x y\nz"};
  EXPECT_THAT(Made(request).spec.parameters,
              UnorderedElementsAre(Pair("a", "b=c"), Pair("empty", ""), Pair("text", "x y\nz")));
}

TEST(MakeDiagnosis, NamesTheOptionAtFault) {
  DiagnosisRequest request = Profile();
  request.node.clear();
  EXPECT_THAT(Refusal(request), HasSubstr("--node NAME, or --pod"));
  request = Profile();
  request.container = "main";
  EXPECT_THAT(Refusal(request), HasSubstr("--container: it needs --pod"));
  for (const char* text : {"=x", "x", ""}) {
    request = Profile();
    request.parameters = {text};
    EXPECT_THAT(Refusal(request), HasSubstr("is no KEY=VALUE"));
  }
  for (const char* text : {"a/b/c", "/b", "a/", "A/b"}) {
    request = Profile();
    request.secret = text;
    EXPECT_THAT(Refusal(request), HasSubstr("--secret: ")) << text;
  }
  request = Profile();
  request.parameters = {std::string(kProfileSourceKey) + "=http://x"};
  EXPECT_THAT(Refusal(request), HasSubstr("--source: param.diagnoser.runtime.go_profiler.source"));
  request = Profile();
  request.parameters = {"a=1", "a=2"};
  EXPECT_EQ(Refusal(request), "--param: a is given already");
}

TEST(SetOfOperation, IsTheOneThatRunsNothingElse) {
  const std::vector<api::OperationSet> sets = {
      Set("pair", {"dump", "upload"}), Set("dump-node", {"dump"}), Set("upload-only", {"upload"})};
  EXPECT_EQ(*SetOfOperation("dump", sets), "dump-node");
}

TEST(SetOfOperation, SeveralAreNamedNoneTellsWhatWasMeant) {
  const std::vector<api::OperationSet> sets = {Set("a", {"dump"}), Set("b", {"dump"}),
                                               Set("go-profiler", {"go-profiler", "upload"})};
  const auto several = SetOfOperation("dump", sets);
  EXPECT_EQ(several.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(several.status().message(), HasSubstr("choose one: a, b"));
  const auto none = SetOfOperation("go-profilr", sets);
  EXPECT_EQ(none.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(none.status().message(), HasSubstr("did you mean go-profiler?"));
  EXPECT_THAT(SetOfOperation("x", {}).status().message(), HasSubstr("kubectl get operationsets"));
}

}  // namespace
}  // namespace kubediag::cli
