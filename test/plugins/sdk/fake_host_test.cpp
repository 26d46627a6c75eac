// The fake host answers as the engine does: an author who passes here passes there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/fake_host.h>

#include <filesystem>
#include <fstream>

#include "test/plugins/sdk/test_operations.h"

namespace kubediag {
namespace {

using test::CurrentScript;

class FakeHostRun : public testing::Test {
 protected:
  FakeHostRun() { host_.Parameter("scripted.earlier", "x"); }

  FakeRun RunScript(std::function<Outcome(Job&)> run) {
    CurrentScript().run = std::move(run);
    return host_.Run("scripted");
  }
  static Outcome MustNotRun(Job& /*job*/) { return Failure("Ran", "it was run"); }

  FakeHost host_;
};

TEST_F(FakeHostRun, RefusesAMissingRequiredParameter) {
  FakeHost host;
  CurrentScript().run = MustNotRun;
  const FakeRun run = host.Run("scripted");
  EXPECT_EQ(run.reason, "MissingParameter");
  EXPECT_EQ(run.message, "parameter scripted.earlier is missing");
  EXPECT_EQ(host.Parameter("scripted.earlier", "").Run("scripted").reason, "MissingParameter");
}

TEST_F(FakeHostRun, RefusesAWrongKindWithTheSentenceOfTheDeclaration) {
  host_.Parameter("scripted.integer", "many");
  const FakeRun run = RunScript(MustNotRun);
  EXPECT_EQ(run.reason, "InvalidParameter");
  EXPECT_EQ(run.message, "not a number, sorry");
}

TEST_F(FakeHostRun, RefusesWrongKindsOfEachSort) {
  const std::pair<const char*, const char*> wrong[] = {
      {"scripted.text", "\xFF"},       {"scripted.integer", "1.5"},    {"scripted.boolean", "yes"},
      {"scripted.choice", "heap"},     {"scripted.url", "ftp://x"},    {"scripted.url", "http://"},
      {"scripted.url", "https://u@h"}, {"scripted.url", "http://a b"},
  };
  for (const auto& [key, value] : wrong) {
    FakeHost host;
    host.Parameter("scripted.earlier", "x").Parameter(key, value);
    CurrentScript().run = MustNotRun;
    EXPECT_EQ(host.Run("scripted").reason, "InvalidParameter") << key << "=" << value;
  }
}

TEST(FakeHostRange, TakesItsEndsAndSaysWhatLiesBeyond) {
  const auto message = [](const char* key, const char* value) {
    return FakeHost().Parameter(key, value).Run("ranged").message;
  };
  for (const char* good : {"1", "+3600"}) EXPECT_EQ(message("ranged.both", good), "") << good;
  for (const char* bad : {"0", "3601", "-9223372036854775809", "9223372036854775808"}) {
    EXPECT_EQ(message("ranged.both", bad), "ranged.both must be from 1 to 3600") << bad;
  }
  EXPECT_EQ(message("ranged.both", "two"), "not a number");
  EXPECT_EQ(message("ranged.least", "-5"), "");
  EXPECT_EQ(message("ranged.least", "-6"), "ranged.least must be at least -5");
  EXPECT_EQ(message("ranged.most", "10"), "");
  EXPECT_EQ(message("ranged.most", "11"), "ranged.most must be at most 10");
  for (const char* wide : {"9223372036854775808", "-9223372036854775809"}) {
    EXPECT_EQ(message("ranged.any", wide), "ranged.any is out of the range of a 64-bit integer");
  }
  EXPECT_EQ(message("ranged.any", "9223372036854775807"), "");
  for (const char* bad : {"http://h/?", "http://h/#", "http://h?a=b"}) {
    EXPECT_EQ(message("ranged.url", bad),
              "ranged.url must be a base URL, without query or fragment");
  }
  EXPECT_EQ(message("ranged.url", "http://h/p/"), "");
}

TEST(FakeHostSecret, IsDemandedByAnHttpsUrlOnly) {
  FakeHost host;
  EXPECT_TRUE(host.Run("ranged").ok());
  EXPECT_TRUE(host.Parameter("ranged.url", "http://h").Run("ranged").ok());
  FakeRun run = host.Parameter("ranged.url", "https://h").Run("ranged");
  EXPECT_EQ(run.reason, "MissingParameter");
  EXPECT_EQ(run.message, "Must name a Secret.");
  EXPECT_EQ(host.Parameter("ranged.secret_reference.name", "").Run("ranged").message, run.message);
  host.Parameter("ranged.secret_reference.name", "s");
  run = host.Secret("ranged.secret_reference.name", "token", "t").Run("ranged");
  EXPECT_EQ(run.reason, "MissingParameter");
  EXPECT_EQ(run.message,
            "ranged.ca.secret_reference.name must name a Secret, for ranged.url is https");
  host.Parameter("ranged.ca.secret_reference.name", "s");
  EXPECT_TRUE(host.Secret("ranged.ca.secret_reference.name", "ca.crt", "c").Run("ranged").ok());
}

TEST_F(FakeHostRun, NotesParametersNobodyDeclared) {
  host_.Parameter("scriptd.text", "x");
  const FakeRun run = RunScript([](Job&) { return Outcome::Success(); });
  EXPECT_THAT(run.unknown_parameters, testing::ElementsAre("scriptd.text"));
  EXPECT_THAT(host_.Run("open-parameters").unknown_parameters, testing::IsEmpty());
}

TEST_F(FakeHostRun, RefusesASecretWithoutADeclaredKey) {
  host_.Parameter("scripted.secret_reference.name", "s");
  host_.Secret("scripted.secret_reference.name", "token", "t");
  const FakeRun run = RunScript(MustNotRun);
  EXPECT_EQ(run.reason, "SecretIncomplete");
  EXPECT_THAT(run.message, testing::HasSubstr("ca.crt"));
}

TEST_F(FakeHostRun, RejectsASecretTheEngineWouldNotHandOver) {
  host_.Secret("scripted.secret_reference.name", "token", "t");  // no parameter names it
  EXPECT_THROW(RunScript(MustNotRun), std::logic_error);
}

TEST_F(FakeHostRun, TakesKeysUpToTheLimitAndNoOthers) {
  const FakeRun run = RunScript([](Job& job) {
    const auto refused = [&](const std::string& key) {
      EXPECT_THROW(job.Emit(key, ""), Failure) << key;
    };
    job.Emit(std::string(253, 'k'), "");
    job.Emit("A.b_c-9", "");
    refused(std::string(254, 'k'));
    refused("");
    refused("a/b");
    refused("ü");
    refused(std::string("a\0b", 3));
    return Outcome::Success();
  });
  EXPECT_TRUE(run.ok());
  EXPECT_EQ(run.results.size(), 2U);
}

TEST_F(FakeHostRun, TakesUtf8ValuesOnly) {
  const FakeRun run = RunScript([](Job& job) {
    for (const char* good : {"", "ü", "\xE2\x82\xAC", "\xF0\x9F\x92\xBE", "\xF4\x8F\xBF\xBF"}) {
      job.Emit("good", good);
    }
    for (const char* bad : {"\x80", "\xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\xE0\x80\x80", "\xF8\x88\x80\x80\x80"}) {
      EXPECT_THROW(job.Emit("bad", bad), Failure);
    }
    return Outcome::Success();
  });
  EXPECT_TRUE(run.ok());
  EXPECT_EQ(run.results.count("bad"), 0U);
}

TEST_F(FakeHostRun, FailsBeyondTheLimitOfKeysWhateverTheOperationSays) {
  const FakeRun run = RunScript([](Job& job) {
    for (int i = 0; i < 4096; ++i) job.Emit("k" + std::to_string(i), "");
    job.Emit("k0", "again");  // not a new one
    EXPECT_THROW(job.Emit("k4096", ""), Failure);
    return Outcome::Success();
  });
  EXPECT_EQ(run.code, KUBEDIAG_RESOURCE_EXHAUSTED);
  EXPECT_EQ(run.reason, "ResultLimit");
}

TEST_F(FakeHostRun, FailsBeyondTheLimitOfAValue) {
  const std::string value(sdk::kMaxBytesOfAValue, 'x');
  EXPECT_TRUE(RunScript([&](Job& job) {
                job.Emit("k", value);
                return Outcome::Success();
              }).ok());
  EXPECT_EQ(RunScript([&](Job& job) {
              job.Emit("k", value + "x");
              return Outcome::Success();
            }).reason,
            "ResultLimit");
}

TEST_F(FakeHostRun, TakesArtifactsBelowTheFolderOnly) {
  const FakeRun run = RunScript([&](Job& job) {
    const std::filesystem::path folder = host_.artifact_path();
    std::filesystem::create_directory(folder / "deep");
    std::ofstream(folder / "deep" / "file") << "x";
    std::filesystem::create_symlink("/etc/hostname", folder / "link");
    job.EmitArtifact("a", "deep/file");
    for (const char* bad : {"", "/etc/hostname", "../run-1/deep/file", "deep/../deep/file",
                            "./deep", "deep//file", "deep/", "deep", "link", "absent"}) {
      EXPECT_THROW(job.EmitArtifact("b", bad), Failure) << bad;
    }
    return Outcome::Success();
  });
  EXPECT_TRUE(run.ok());
  ASSERT_EQ(run.artifacts.size(), 1U);
  EXPECT_EQ(run.artifacts[0].path, "deep/file");
}

TEST_F(FakeHostRun, IsCancelledFromAnotherThread) {
  CurrentScript().run = [](Job& job) -> Outcome {
    pollfd waited{job.cancel_descriptor(), POLLIN, 0};
    EXPECT_EQ(poll(&waited, 1, -1), 1);
    EXPECT_TRUE(job.Cancelled());
    return Failure("Cancelled", "stopped", KUBEDIAG_CANCELLED);
  };
  host_.Start("scripted");
  EXPECT_THROW(host_.Start("scripted"), std::logic_error);
  host_.Cancel();
  EXPECT_EQ(host_.Wait().code, KUBEDIAG_CANCELLED);
}

TEST_F(FakeHostRun, IsCancelledByItsDeadline) {
  host_.Timeout(std::chrono::milliseconds(1));
  const FakeRun run = RunScript([](Job& job) {
    EXPECT_TRUE(job.deadline().has_value());
    pollfd waited{job.cancel_descriptor(), POLLIN, 0};
    EXPECT_EQ(poll(&waited, 1, -1), 1);
    EXPECT_GE(std::chrono::steady_clock::now(), *job.deadline());
    return Outcome::Success();
  });
  EXPECT_TRUE(run.ok());
}

TEST_F(FakeHostRun, CompletesOnceAndThenTakesNoResults) {
  const FakeRun run = RunScript([](Job& job) {
    job.Emit("before", "");
    job.Complete(std::chrono::minutes(1), std::string("\0state", 6));
    EXPECT_THROW(job.Complete(std::chrono::minutes(1)), Failure);
    EXPECT_THROW(job.Emit("after", ""), Failure);
    return Outcome::Success();
  });
  EXPECT_TRUE(run.ok());
  EXPECT_TRUE(run.completed);
  EXPECT_EQ(run.linger, std::chrono::minutes(1));
  EXPECT_EQ(run.state, std::string("\0state", 6));
  EXPECT_EQ(run.results.count("after"), 0U);
}

TEST_F(FakeHostRun, TakesAStateUpToTheLimit) {
  EXPECT_TRUE(RunScript([](Job& job) {
                job.Complete({}, std::string(sdk::kMaxBytesOfState, 's'));
                return Outcome::Success();
              }).ok());
  EXPECT_EQ(RunScript([](Job& job) {
              job.Complete({}, std::string(sdk::kMaxBytesOfState + 1, 's'));
              return Outcome::Success();
            }).reason,
            "ResultLimit");
}

TEST_F(FakeHostRun, CountsArtifactsAmongTheKeysAndReplacesThoseOfTheSameKey) {
  const FakeRun run = RunScript([&](Job& job) {
    std::ofstream(std::filesystem::path(host_.artifact_path()) / "file") << "x";
    job.EmitArtifact("artifact", "file");
    job.EmitArtifact("artifact", "file");
    for (int i = 0; i < 4095; ++i) job.Emit("k" + std::to_string(i), "");
    EXPECT_THROW(job.EmitArtifact("another", "file"), Failure);
    return Outcome::Success();
  });
  EXPECT_EQ(run.reason, "ResultLimit");
  EXPECT_EQ(run.message, "artifact another passes a limit");
}

TEST_F(FakeHostRun, RefusesToCompleteAnOperationThatDoesNotServe) {
  static kubediag_code answer = KUBEDIAG_OK;
  static const kubediag_operation kOperation = [] {
    kubediag_operation operation{};
    operation.struct_size = sizeof(operation);
    operation.name = sdk::View("not-a-server");
    operation.run = [](const kubediag_host* host, const kubediag_job*) -> kubediag_code {
      answer = host->complete(host->context, 0, {});
      return 4711;  // a code nobody knows
    };
    return operation;
  }();
  static const kubediag_operation* const kOperations[] = {&kOperation};
  static const kubediag_module kModule = {sizeof(kubediag_module), 1, 0, 0, kOperations, 1};
  FakeHost host([](uint32_t, uint32_t) { return &kModule; });
  const FakeRun run = host.Run("not-a-server");
  EXPECT_EQ(answer, KUBEDIAG_FAILED_PRECONDITION);
  EXPECT_EQ(run.code, KUBEDIAG_INTERNAL);
  EXPECT_EQ(run.reason, "OperationFailed");
}

TEST_F(FakeHostRun, LeavesNoFolderBehind) {
  std::string path;
  {
    FakeHost host;
    host.Run("plain");
    path = host.artifact_path();
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace kubediag
