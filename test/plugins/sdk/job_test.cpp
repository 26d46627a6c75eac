// Typed access to what a run is given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/fake_host.h>
#include <kubediag/job.h>

#include "test/plugins/sdk/test_operations.h"

namespace kubediag {
namespace {

using testing::ElementsAre;

// Values of one key.
class OneValue {
 public:
  explicit OneValue(std::string_view text) : pair_{sdk::View("key"), sdk::View(text)} {}
  Values values() const { return {&pair_, 1}; }

 private:
  kubediag_pair pair_;
};

std::string ReasonOf(const std::function<void()>& function) {
  try {
    function();
  } catch (const Failure& failure) {
    return failure.reason() + ": " + failure.what();
  }
  return "nothing thrown";
}

TEST(Values, ReadsIntegersOfTheWholeRange) {
  EXPECT_EQ(OneValue("-9223372036854775808").values().Integer("key"), INT64_MIN);
  EXPECT_EQ(OneValue("9223372036854775807").values().Integer("key"), INT64_MAX);
  EXPECT_EQ(OneValue("+7").values().Integer("key"), 7);
  EXPECT_EQ(OneValue("007").values().Integer("key"), 7);
}

TEST(Values, RefusesWhatIsNoInteger) {
  for (const char* text : {"", "+", "-", "+-7", "--7", "7 ", " 7", "0x7", "7.0", "1e3",
                           "9223372036854775808", "seven"}) {
    EXPECT_EQ(ReasonOf([&] { OneValue(text).values().Integer("key"); }),
              "InvalidParameter: key: \"" + std::string(text) + "\" is not an integer of 64 bits");
  }
}

TEST(Values, RefusesWhatIsNoBoolean) {
  EXPECT_TRUE(OneValue("true").values().Boolean("key"));
  EXPECT_FALSE(OneValue("false").values().Boolean("key"));
  for (const char* text : {"", "True", "1", "yes"}) {
    EXPECT_EQ(ReasonOf([&] { OneValue(text).values().Boolean("key"); }),
              "InvalidParameter: key: \"" + std::string(text) + "\" is not true or false");
  }
}

TEST(Values, NamesTheKeyThatIsMissing) {
  const Values none(nullptr, 0);
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(ReasonOf([&] { none.Text("a.key"); }), "MissingParameter: a.key is not set");
  EXPECT_EQ(ReasonOf([&] { none.Integer("a.key"); }), "MissingParameter: a.key is not set");
}

TEST(Values, FallsBackForAbsentKeysOnly) {
  const Values none(nullptr, 0);
  EXPECT_EQ(none.Text("key", "other"), "other");
  EXPECT_EQ(none.Integer("key", 3), 3);
  EXPECT_TRUE(none.Boolean("key", true));
  EXPECT_EQ(OneValue("").values().Text("key", "other"), "");
  EXPECT_THROW(OneValue("x").values().Integer("key", 3), Failure);
}

TEST(Job, GivesEverythingItWasGivenWithListsInOrder) {
  FakeHost host;
  host.Parameter("scripted.earlier", "from before").Parameter("scripted.text", "a\nb");
  host.Setting("arg", "z").Setting("path", "/p").Setting("arg", "a").Policy("allow", "10.0.0.0/8");
  host.LibexecDirectory("/libexec");
  test::CurrentScript().run = [&](Job& job) {
    EXPECT_EQ(job.parameters().Text("scripted.text"), "a\nb");
    EXPECT_EQ(job.parameters().Integer("scripted.integer"), 42);  // its default
    EXPECT_TRUE(job.parameters().Has("scripted.empty"));
    EXPECT_FALSE(job.parameters().Has("scripted.boolean"));
    EXPECT_THAT(job.settings().List("arg"), ElementsAre("z", "a"));
    EXPECT_THAT(job.settings().List("none"), ElementsAre());
    EXPECT_EQ(job.policy().Text("allow"), "10.0.0.0/8");
    EXPECT_EQ(job.libexec_directory(), "/libexec");
    EXPECT_EQ(job.artifact_path(), host.artifact_path());
    EXPECT_EQ(job.base_url().back(), '/');
    EXPECT_GE(job.listen_socket(), 0);
    EXPECT_FALSE(job.deadline().has_value());
    EXPECT_FALSE(job.Cancelled());
    std::vector<std::string> keys;
    for (const auto& [key, value] : job.parameters()) keys.emplace_back(key);
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    EXPECT_EQ(keys.size(), job.parameters().size());
    return Outcome::Success();
  };
  EXPECT_TRUE(host.Run("scripted").ok());
}

TEST(Job, HandsOverTheBytesOfASecret) {
  FakeHost host;
  const std::string name_parameter = "scripted.secret_reference.name";
  const std::string bytes("\0\xFF", 2);
  host.Parameter("scripted.earlier", "x").Parameter(name_parameter, "token-of-somebody");
  host.Secret(name_parameter, "token", bytes).Secret(name_parameter, "ca.crt", "PEM");
  test::CurrentScript().run = [&](Job& job) {
    EXPECT_EQ(job.Secret(name_parameter, "token"), bytes);
    EXPECT_EQ(job.Secret(name_parameter, "ca.crt"), "PEM");
    EXPECT_EQ(job.Secret(name_parameter, "password"), std::nullopt);
    EXPECT_EQ(job.Secret("other.secret_reference.name", "token"), std::nullopt);
    return Outcome::Success();
  };
  EXPECT_TRUE(host.Run("scripted").ok());
}

TEST(Job, ReadsNoMemberBeyondTheSizeOfAnOlderEnginesTables) {
  // As an engine would that was built before the settings and what follows them were added.
  kubediag_job older{};
  older.struct_size = offsetof(kubediag_job, settings);
  older.settings = reinterpret_cast<const kubediag_pair*>(1);
  older.setting_count = 1'000'000;
  kubediag_host host{};
  host.struct_size = sizeof(host);
  const Job job(host, older);
  EXPECT_TRUE(job.settings().empty());
  EXPECT_TRUE(job.policy().empty());
}

TEST(Job, ThrowsWhenTheEngineRefusesAResult) {
  FakeHost host;
  host.Parameter("scripted.earlier", "x");
  test::CurrentScript().run = [](Job& job) {
    job.Emit("a key", "with a blank");
    return Outcome::Success();
  };
  const FakeRun run = host.Run("scripted");
  EXPECT_EQ(run.reason, "ResultRefused");
  EXPECT_EQ(run.message, "result a key: its key, text or path is malformed");
  EXPECT_EQ(run.code, KUBEDIAG_INVALID_ARGUMENT);
}

TEST(Job, MayBeUsedFromThreadsOfTheRun) {
  FakeHost host;
  host.Parameter("scripted.earlier", "x");
  test::CurrentScript().run = [](Job& job) {
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&job, i] {
        job.Emit("result." + std::to_string(i), "done");
        job.Info("done");
      });
    }
    for (std::thread& thread : threads) thread.join();
    return Outcome::Success();
  };
  const FakeRun run = host.Run("scripted");
  EXPECT_EQ(run.results.size(), 4U);
  EXPECT_EQ(run.log.size(), 4U);
}

}  // namespace
}  // namespace kubediag
