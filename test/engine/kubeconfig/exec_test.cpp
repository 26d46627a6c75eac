#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/core/base64.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/kubeconfig/exec_credential.h"
#include "engine/kubeconfig/sources.h"
#include "test/engine/kubeconfig/fixture.h"

namespace kubediag::kubeconfig {
namespace {

using Json = nlohmann::json;

std::string Answer(const Json& status, std::string_view version = kExecV1) {
  return Json{{"kind", "ExecCredential"}, {"apiVersion", version}, {"status", status}}.dump();
}

class ExecPlugin : public ::testing::Test {
 protected:
  ExecPlugin() {
    config_.command = "plugin";
    config_.api_version = kExecV1;
    config_.interactive_mode = InteractiveMode::kNever;
    config_.install_hint = "install the plugin from the shelf";
    config_.process_environment = home_.Around().environment;
  }
  void Script(const std::string& body) { home_.Write("bin/plugin", "#!/bin/sh\n" + body, 0700); }
  // Prints `answer` and counts its runs.
  void Prints(const std::string& answer) {
    home_.Write("answer", answer);
    Script("echo run >> \"$HOME/runs\"\ncat \"$HOME/answer\"\n");
  }
  size_t Runs() const {
    const auto text = ReadFile(home_.path() + "/runs", kMiB);
    return text.ok() ? text->size() / 4 : 0;
  }
  std::shared_ptr<CredentialSource> Make() {
    Clocks clocks;
    clocks.wall = [this] { return now_; };
    return MakeExecPlugin(config_, clocks);
  }
  std::string Message() { return Make()->Get().status().message(); }

  Home home_;
  ExecConfig config_;
  std::chrono::system_clock::time_point now_ =
      std::chrono::system_clock::from_time_t(1'800'000'000);
};

TEST_F(ExecPlugin, GivesItsTokenAndIsAskedOnce) {
  Prints(Answer({{"token", "hunter2"}}));
  const auto source = Make();
  EXPECT_EQ(source->Get()->token, "hunter2");
  EXPECT_EQ(source->Get()->token, "hunter2");
  EXPECT_EQ(Runs(), 1U);
}

TEST_F(ExecPlugin, GivesACertificateWithItsKey) {
  Prints(Answer({{"clientCertificateData", Alice().certificate}, {"clientKeyData", Alice().key}}));
  const auto credential = Make()->Get();
  ASSERT_TRUE(credential.ok()) << credential.status().ToString();
  EXPECT_EQ(credential->client_certificate, Alice().certificate);
  EXPECT_EQ(credential->client_key, Alice().key);
}

TEST_F(ExecPlugin, IsAskedAgainTenSecondsBeforeItsAnswerExpires) {
  // 1'800'000'000 is 2027-01-15T08:00:00Z.
  Prints(Answer({{"token", "t"}, {"expirationTimestamp", "2027-01-15T09:01:00.5+01:00"}}));
  const auto source = Make();
  EXPECT_TRUE(source->Get().ok());
  now_ += seconds(49);
  EXPECT_TRUE(source->Get().ok());
  EXPECT_EQ(Runs(), 1U);
  now_ += seconds(1);
  EXPECT_TRUE(source->Get().ok());
  EXPECT_EQ(Runs(), 2U);
}

TEST_F(ExecPlugin, IsAskedAgainWhenItsAnswerIsRefused) {
  Prints(Answer({{"token", "first"}}));
  const auto source = Make();
  const Credential first = *source->Get();
  home_.Write("answer", Answer({{"token", "second"}}));
  source->Invalidate(first);
  EXPECT_EQ(source->Get()->token, "second");
  source->Invalidate(first);  // replaced already
  EXPECT_EQ(source->Get()->token, "second");
  EXPECT_EQ(Runs(), 2U);
}

TEST_F(ExecPlugin, GetsItsArgumentsEnvironmentAndInfo) {
  config_.arguments = {"get token", "-v"};
  config_.environment = {{"FLAVOUR", "sweet"}, {"PATH", "/usr/bin:/bin"}};
  Script(
      "printf '%s|%s|%s|%s' \"$1\" \"$2\" \"$FLAVOUR\" \"$PATH\" > \"$HOME/seen\"\n"
      "printf '%s' \"$KUBERNETES_EXEC_INFO\" > \"$HOME/info\"\n"
      "echo '" +
      Answer({{"token", "t"}}) + "'\n");
  const auto credential = Make()->Get();
  ASSERT_TRUE(credential.ok()) << credential.status().ToString();
  EXPECT_EQ(*ReadFile(home_.path() + "/seen", kMiB), "get token|-v|sweet|/usr/bin:/bin");
  EXPECT_EQ(Json::parse(*ReadFile(home_.path() + "/info", kMiB)),
            (Json{{"kind", "ExecCredential"},
                  {"apiVersion", kExecV1},
                  {"spec", {{"interactive", false}}}}));
}

TEST_F(ExecPlugin, IsToldOfTheClusterIfItWantsTo) {
  Script("printf '%s' \"$KUBERNETES_EXEC_INFO\" > \"$HOME/info\"\necho '" +
         Answer({{"token", "t"}}, kExecV1Beta1) + "'\n");
  home_.Write(".kube/ca.crt", Alice().certificate);
  const auto config = home_.Load(OneContext(
      "server: https://h, tls-server-name: api, proxy-url: 'http://p', certificate-authority: "
      "ca.crt, extensions: [{name: other, extension: 1}, {name: "
      "client.authentication.k8s.io/exec, extension: {audience: 06, deep: [true, '1', 2]}}]",
      "exec: {command: ../bin/plugin, apiVersion: client.authentication.k8s.io/v1beta1, "
      "provideClusterInfo: true}"));
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  const auto credential = config->credentials->Get();
  ASSERT_TRUE(credential.ok()) << credential.status().ToString();
  EXPECT_EQ(Json::parse(*ReadFile(home_.path() + "/info", kMiB))["spec"]["cluster"],
            (Json{{"server", "https://h"},
                  {"tls-server-name", "api"},
                  {"proxy-url", "http://p"},
                  {"certificate-authority-data", EncodeBase64(Alice().certificate)},
                  {"config", {{"audience", "06"}, {"deep", {true, "1", 2}}}}}));
}

TEST_F(ExecPlugin, ATokenBesideItMakesItUnneeded) {
  const auto config = home_.Load(OneContext(
      "server: https://h",
      "token: t, exec: {command: none, apiVersion: client.authentication.k8s.io/v1beta1}"));
  EXPECT_EQ(config->credentials->Get()->token, "t");
}

TEST_F(ExecPlugin, AMissingProgramGivesTheHint) {
  EXPECT_EQ(Message(),
            "credential plugin plugin: is not in PATH\ninstall the plugin from the shelf");
  config_.command = home_.path() + "/elsewhere";
  EXPECT_EQ(Message(), "credential plugin " + config_.command +
                           ": is not an executable file\ninstall the plugin from the shelf");
}

TEST_F(ExecPlugin, ARelativeFolderOfPathIsNotSearched) {
  config_.process_environment["PATH"] = ":.:bin";
  const auto here = std::filesystem::current_path();
  Prints(Answer({{"token", "t"}}));
  std::filesystem::current_path(home_.path());
  EXPECT_NE(Message().find("is not in PATH"), std::string::npos);
  std::filesystem::current_path(here);
}

TEST_F(ExecPlugin, AFailureTellsItsErrorAndNotItsOutput) {
  Script("echo hunter2; echo 'please log in' >&2; printf '\\033[1mnow\\n' >&2; exit 3\n");
  EXPECT_EQ(Message(),
            "credential plugin plugin: failed with exit status 3: please log in  [1mnow");
}

TEST_F(ExecPlugin, OutputHasACap) {
  Script("head -c 2000000 /dev/zero\n");
  EXPECT_EQ(Message(), "credential plugin plugin: printed more than 1048576 bytes");
}

TEST_F(ExecPlugin, OneThatNeverAnswersIsEnded) {
  Script("exec sleep 600\n");
  config_.timeout = milliseconds(50);
  EXPECT_EQ(Message(), "credential plugin plugin: did not answer within 50 ms");
  config_.terminal = true;
  config_.interactive_mode = InteractiveMode::kAlways;
  config_.interactive_timeout = milliseconds(50);
  EXPECT_EQ(Make()->Get().status().code(), StatusCode::kDeadlineExceeded);
}

TEST_F(ExecPlugin, AlwaysInteractiveNeedsATerminal) {
  config_.interactive_mode = InteractiveMode::kAlways;
  Prints(Answer({{"token", "t"}}));
  EXPECT_EQ(Make()->Get().status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Runs(), 0U);
}

TEST_F(ExecPlugin, AtATerminalItIsToldThatSomebodyIsThere) {
  config_.terminal = true;
  config_.interactive_mode = InteractiveMode::kIfAvailable;
  Script("case $KUBERNETES_EXEC_INFO in *'\"interactive\":true'*) echo '" +
         Answer({{"token", "t"}}) + "';; esac\n");
  const auto credential = Make()->Get();
  ASSERT_TRUE(credential.ok()) << credential.status().ToString();
  EXPECT_EQ(credential->token, "t");
  Script("head -c 2000000 /dev/zero 2> /dev/null\n");
  EXPECT_EQ(Message(), "credential plugin plugin: failed with exit status 1");
}

struct BadAnswer {
  std::string output;
  const char* message;
};
class BadExecAnswer : public ::testing::TestWithParam<BadAnswer> {};

TEST_P(BadExecAnswer, NamesTheFieldAndNeverTheSecret) {
  const auto answer = DecodeExecCredential(GetParam().output, kExecV1);
  EXPECT_EQ(answer.status().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, BadExecAnswer,
    ::testing::Values(
        BadAnswer{"hunter2", "what it printed is not a JSON object"},
        BadAnswer{"[]", "what it printed is not a JSON object"},
        BadAnswer{"{}", "kind: is not ExecCredential"},
        BadAnswer{Answer({{"token", "hunter2"}}, kExecV1Beta1),
                  "apiVersion: is not client.authentication.k8s.io/v1"},
        BadAnswer{Answer(nullptr), "status: is missing"},
        BadAnswer{Answer(Json::object()), "status: holds neither a token nor a client certificate"},
        BadAnswer{Answer({{"token", 7}}), "status.token: is not a string"},
        BadAnswer{Answer({{"token", "hunter2\r\nX: y"}}),
                  "status.token: holds a character that a token cannot have"},
        BadAnswer{Answer({{"clientCertificateData", "c"}}),
                  "status.clientKeyData: is missing beside the certificate"},
        BadAnswer{Answer({{"clientKeyData", "hunter2"}}),
                  "status.clientCertificateData: is missing beside the key"},
        BadAnswer{Answer({{"clientCertificateData", "c"}, {"clientKeyData", "hunter2"}}),
                  "status.clientCertificateData: holds no PEM certificate"},
        BadAnswer{Answer({{"token", "hunter2"}, {"expirationTimestamp", "soon"}}),
                  "status.expirationTimestamp: is no time (RFC 3339)"}));

}  // namespace
}  // namespace kubediag::kubeconfig
