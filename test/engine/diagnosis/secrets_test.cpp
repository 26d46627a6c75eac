#include "engine/diagnosis/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>

#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kNameKey[] = "tls.secret_reference.name";
constexpr char kNamespaceKey[] = "tls.secret_reference.namespace";

class SecretsTest : public ExecutorTest {
 protected:
  SecretsTest() {
    operation::OperationDescriptor profiler = Module("profiler");
    profiler.secrets.push_back({.namespace_parameter = kNamespaceKey,
                                .name_parameter = kNameKey,
                                .data_keys = {"token", "ca.crt"}});
    operation::ParameterDescriptor parameter;
    parameter.key = kNamespaceKey;
    parameter.default_value = "default";
    profiler.parameters.push_back(parameter);
    Add(profiler, [](const operation::Job&, const std::stop_token&) { return Succeed(); });
    AddSet({{1}, {}}, {"profiler"});
  }

  void AddSecret(const std::string& namespace_name, api::StringMap labels = {},
                 api::StringMap data = {{"token", "t"}, {"ca.crt", "c"}, {"other", "o"}}) {
    api::Secret secret;
    secret.metadata.name = "token-secret";
    secret.metadata.namespace_name = namespace_name;
    secret.metadata.labels = std::move(labels);
    secret.data = std::move(data);
    store.Put(secret);
  }

  api::OperationOutcome OutcomeWith(api::StringMap parameters) {
    AddDiagnosis(std::move(parameters));
    return Run().status.operations.at(0);
  }
};

TEST_F(SecretsTest, HandsOverTheDeclaredKeysOnly) {
  AddSecret("default");
  EXPECT_EQ(OutcomeWith({{kNameKey, "token-secret"}}).phase, "Succeeded");
  const auto secrets = runner.Jobs("profiler").at(0).secrets;
  ASSERT_EQ(secrets.size(), 2U);
  EXPECT_EQ(secrets[0].name_parameter, kNameKey);
  EXPECT_EQ(secrets[0].data_key, "token");
  EXPECT_EQ(secrets[0].value, "t");
  EXPECT_EQ(secrets[1].data_key, "ca.crt");
}

TEST_F(SecretsTest, ReadsNoneIfNoneIsNamed) {
  EXPECT_EQ(OutcomeWith({}).phase, "Succeeded");
  EXPECT_THAT(runner.Jobs("profiler").at(0).secrets, IsEmpty());
}

class HttpsSecretTest : public ExecutorTest {
 protected:
  void AddProfiler(const std::string& violation, std::optional<std::string> default_url = {}) {
    operation::OperationDescriptor profiler = Module("profiler");
    operation::ParameterDescriptor source;
    source.key = "source";
    source.kind = operation::ParameterKind::kUrl;
    source.default_value = std::move(default_url);
    profiler.parameters.push_back(source);
    profiler.secrets.push_back({.namespace_parameter = kNamespaceKey,
                                .name_parameter = kNameKey,
                                .data_keys = {"token"},
                                .https_parameter = "source",
                                .violation = violation});
    Add(profiler, [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  }
  void AddEarlierResult(const std::string& key, const std::string& value) {
    Add("before", [key, value](const operation::Job&, const std::stop_token&) {
      return Succeed({{key, value}});
    });
    AddSet({{1}, {2}, {}}, {"before", "profiler"});
  }
  api::OperationOutcome LastOutcomeWith(api::StringMap parameters) {
    AddDiagnosis(std::move(parameters));
    return Run().status.operations.back();
  }
};

TEST_F(HttpsSecretTest, AnHttpsUrlNeedsOneAndTheOperationDoesNotRunWithout) {
  AddProfiler("Must specify secretReference name when souce is https.");
  AddSet({{1}, {}}, {"profiler"});
  const auto refused = LastOutcomeWith({{"source", "https://10.0.2.15:6443"}});
  EXPECT_EQ(refused.reason, "MissingParameter");
  EXPECT_EQ(refused.message, "Must specify secretReference name when souce is https.");
  EXPECT_EQ(refused.attempts, 0);
  EXPECT_EQ(runner.Runs("profiler"), 0U);
  EXPECT_EQ(LastOutcomeWith({{"source", "https://h"}, {kNameKey, ""}}).reason, "MissingParameter");
  EXPECT_EQ(LastOutcomeWith({{"source", "https://h"}, {kNameKey, "s"}}).reason, "SecretNotFound");
  EXPECT_EQ(LastOutcomeWith({{"source", "http://h"}}).phase, "Succeeded");
  EXPECT_EQ(LastOutcomeWith({{"x", "1"}}).phase, "Succeeded");
}

TEST_F(HttpsSecretTest, TheEngineWordsItWhereTheDeclarationDoesNotAndADefaultCountsToo) {
  AddProfiler("", "https://h");
  AddSet({{1}, {}}, {"profiler"});
  EXPECT_EQ(LastOutcomeWith({}).message,
            "tls.secret_reference.name must name a Secret, for source is https");
}

TEST_F(HttpsSecretTest, AUrlOfAnEarlierResultCountsButNoNameOfOne) {
  AddProfiler("named");
  AddEarlierResult("source", "https://h");
  EXPECT_EQ(LastOutcomeWith({{"source", "http://h"}}).message, "named");
  AddEarlierResult(kNameKey, "s");
  EXPECT_EQ(LastOutcomeWith({{"source", "https://h"}}).message, "named");
}

TEST_F(SecretsTest, SaysWhichOneDoesNotExist) {
  const auto outcome = OutcomeWith({{kNameKey, "token-secret"}});
  EXPECT_EQ(outcome.reason, "SecretNotFound");
  EXPECT_EQ(outcome.message,
            "Secret default/token-secret does not exist (tls.secret_reference.name names it)");
}

TEST_F(SecretsTest, OneOfAnotherNamespaceNeedsTheLabel) {
  AddSecret("kubediag");
  const auto refused = OutcomeWith({{kNameKey, "token-secret"}, {kNamespaceKey, "kubediag"}});
  EXPECT_EQ(refused.reason, "SecretNotPermitted");
  EXPECT_THAT(refused.message, HasSubstr("diagnosis.kubediag.org/allow-diagnoses: \"true\""));
  EXPECT_EQ(runner.Runs("profiler"), 0U);

  AddSecret("kubediag", {{kAllowDiagnosesLabel, "yes"}});
  EXPECT_EQ(
      OutcomeWith({{kNameKey, "token-secret"}, {kNamespaceKey, "kubediag"}, {"x", "1"}}).reason,
      "SecretNotPermitted");
  AddSecret("kubediag", {{kAllowDiagnosesLabel, "true"}});
  EXPECT_EQ(
      OutcomeWith({{kNameKey, "token-secret"}, {kNamespaceKey, "kubediag"}, {"x", "2"}}).phase,
      "Succeeded");
}

TEST_F(SecretsTest, AdmissionMayHaveCheckedInstead) {
  options.secrets_checked_by_admission = true;
  AddSecret("kubediag");
  EXPECT_EQ(OutcomeWith({{kNameKey, "token-secret"}, {kNamespaceKey, "kubediag"}}).phase,
            "Succeeded");
}

TEST_F(SecretsTest, ANamespaceThatAdmissionCouldNotSeeIsRefused) {
  operation::OperationDescriptor odd = Module("odd");
  odd.secrets.push_back(
      {.namespace_parameter = "elsewhere", .name_parameter = kNameKey, .data_keys = {"token"}});
  AddSecret("kubediag");
  const auto read = [&](api::StringMap parameters) {
    return ReadSecrets(odd, AddDiagnosis(std::move(parameters)), SecretRule::kCheckedByAdmission,
                       store);
  };
  const auto refused = read({{kNameKey, "token-secret"}, {"elsewhere", "kubediag"}});
  EXPECT_EQ(refused.status().reason(), "SecretNotPermitted");
  EXPECT_EQ(refused.status().message(),
            "Secret kubediag/token-secret was not checked by admission: name its namespace in "
            "tls.secret_reference.namespace");
  EXPECT_EQ(
      read({{kNameKey, "token-secret"}, {"elsewhere", "kubediag"}, {kNamespaceKey, "default"}})
          .status()
          .reason(),
      "SecretNotPermitted");
  EXPECT_TRUE(
      read({{kNameKey, "token-secret"}, {"elsewhere", "kubediag"}, {kNamespaceKey, "kubediag"}})
          .ok());
}

TEST_F(SecretsTest, ThoseOfTheFirstOperationAreReadOnceWhileTheClaimIsUnderWay) {
  AddSecret("default");
  AddDiagnosis({{kNameKey, "token-secret"}});
  std::atomic<int> reads = 0;
  std::promise<void> first_read;
  store.before_secret = [&] {
    if (reads++ == 0) first_read.set_value();
    return Status::Ok();
  };
  bool read_before_the_claim_was_answered = false;
  store.before_write = [&](const api::Diagnosis& diagnosis) {
    if (diagnosis.status.phase == api::Phase::kRunning) {
      read_before_the_claim_was_answered =
          first_read.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready;
    }
    return Status::Ok();
  };
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_TRUE(read_before_the_claim_was_answered);
  EXPECT_EQ(reads, 1);
}

// Nothing was run: the run goes on once the store answers again.
TEST_F(SecretsTest, AStoreThatDoesNotAnswerIsNoFailureOfTheOperation) {
  AddSecret("default");
  AddDiagnosis({{kNameKey, "token-secret"}});
  store.before_secret = [] { return Status::Unavailable("connection refused"); };
  EXPECT_EQ(TryRun().status().reason(), "StoreUnavailable");
  EXPECT_EQ(Stored().status.phase, api::Phase::kRunning);
  EXPECT_EQ(runner.Runs("profiler"), 0U);
  store.before_secret = {};
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("profiler"), 1U);
}

TEST_F(SecretsTest, ASecretThatCannotBeReadForTheEngineEndsIsNoFailureEither) {
  AddSecret("default");
  AddDiagnosis({{kNameKey, "token-secret"}});
  store.before_secret = [this] {
    cancellation->Request(CancelCause::kShutdown);
    return Status::Cancelled("the engine ends");
  };
  EXPECT_EQ(TryRun().status().code(), StatusCode::kCancelled);
  store.before_secret = {};
  Restart();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("profiler"), 1U);
}

TEST_F(SecretsTest, SaysWhichKeyIsNotFilledYet) {
  AddSecret("default", {}, {{"token", "t"}});
  const auto outcome = OutcomeWith({{kNameKey, "token-secret"}});
  EXPECT_EQ(outcome.reason, "SecretIncomplete");
  EXPECT_EQ(outcome.message,
            "Secret default/token-secret has no key ca.crt: it may not be filled yet; a token "
            "Secret is filled by the controller manager");
  AddSecret("default", {}, {{"token", ""}, {"ca.crt", "c"}});
  EXPECT_THAT(OutcomeWith({{kNameKey, "token-secret"}, {"x", "1"}}).message,
              HasSubstr("'s key token is empty"));
}

TEST_F(SecretsTest, AnEarlierResultCannotSwapTheReference) {
  AddSecret("default");
  api::Secret other;
  other.metadata.name = "other";
  other.data = {{"token", "stolen"}, {"ca.crt", "c"}};
  store.Put(other);
  Add("evil", [](const operation::Job&, const std::stop_token&) {
    return Succeed({{kNameKey, "other"}});
  });
  AddSet({{1}, {2}, {}}, {"evil", "profiler"});
  AddDiagnosis({{kNameKey, "token-secret"}});
  Run();
  EXPECT_EQ(runner.Jobs("profiler").at(0).secrets.at(0).value, "t");

  AddDiagnosis({});
  Run();
  EXPECT_THAT(runner.Jobs("profiler").at(1).secrets, IsEmpty());
}

TEST_F(SecretsTest, NamesThatAreNoneAreRefused) {
  for (const char* bad : {"../x", "A", "a/b", "a?b", ".x"}) {
    EXPECT_EQ(OutcomeWith({{kNameKey, bad}}).reason, "InvalidParameter") << bad;
  }
}

TEST_F(SecretsTest, ADeclarationWithAnotherEndingIsRefused) {
  operation::SecretDescriptor declared{
      .namespace_parameter = "ns", .name_parameter = "innocent", .data_keys = {"token"}};
  EXPECT_EQ(ReferenceOf(declared, {}, AddDiagnosis({{"innocent", "s"}})).status().reason(),
            "SecretNotPermitted");
}

TEST_F(SecretsTest, SecretsNeverAppearInTheStatusOrItsEvents) {
  AddSecret("default", {}, {{"token", "hunter2hunter2"}, {"ca.crt", "c"}});
  OutcomeWith({{kNameKey, "token-secret"}});
  for (const std::string& event : events) EXPECT_THAT(event, testing::Not(HasSubstr("hunter2")));
  auto journal = std::filesystem::path(RunPath("journal"));
  std::ifstream file(journal, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(bytes.empty());
  EXPECT_EQ(bytes.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace kubediag::diagnosis
