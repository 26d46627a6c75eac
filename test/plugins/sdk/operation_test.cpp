// What the C++ layer makes of a run: the barrier, the objects, the slots.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/fake_host.h>
#include <kubediag/operation.h>
#include <pthread.h>

#include "test/plugins/sdk/test_operations.h"

namespace kubediag {
namespace {

using test::CurrentScript;

class OperationRun : public testing::Test {
 protected:
  FakeRun RunScript(std::function<Outcome(Job&)> run) {
    CurrentScript().run = std::move(run);
    return host_.Parameter("scripted.earlier", "x").Run("scripted");
  }

  FakeHost host_;
};

TEST_F(OperationRun, SucceedsWithItsResults) {
  const FakeRun run = RunScript([](Job& job) {
    job.Emit("a", "1");
    job.Emit("b", "2");
    job.Emit("a", "3");
    return Outcome::Success();
  });
  EXPECT_TRUE(run.ok());
  EXPECT_THAT(run.results, testing::ElementsAre(testing::Pair("a", "3"), testing::Pair("b", "2")));
}

TEST_F(OperationRun, FailsByReturningAFailure) {
  const FakeRun run = RunScript(
      [](Job&) -> Outcome { return Failure("NoDisk", "there is no disk", KUBEDIAG_NOT_FOUND); });
  EXPECT_EQ(run.code, KUBEDIAG_NOT_FOUND);
  EXPECT_EQ(run.reason, "NoDisk");
  EXPECT_EQ(run.message, "there is no disk");
}

TEST_F(OperationRun, FailsByThrowingAFailure) {
  const FakeRun run =
      RunScript([](Job&) -> Outcome { throw Failure("NoDisk", "there is no disk"); });
  EXPECT_EQ(run.code, KUBEDIAG_FAILED_PRECONDITION);
  EXPECT_EQ(run.reason, "NoDisk");
}

TEST_F(OperationRun, FailsWithTheTextOfAnException) {
  const FakeRun run = RunScript([](Job&) -> Outcome { throw std::out_of_range("index 7"); });
  EXPECT_EQ(run.code, KUBEDIAG_INTERNAL);
  EXPECT_EQ(run.reason, "OperationThrew");
  EXPECT_EQ(run.message, "index 7");
}

TEST_F(OperationRun, FailsWhenAnIntIsThrown) {
  const FakeRun run = RunScript([](Job&) -> Outcome { throw 123; });
  EXPECT_EQ(run.code, KUBEDIAG_INTERNAL);
  EXPECT_EQ(run.reason, "OperationThrew");
}

TEST_F(OperationRun, FailsWhenItsConstructorThrows) {
  const FakeRun run = host_.Run("constructor-throws");
  EXPECT_EQ(run.reason, "OperationThrew");
  EXPECT_EQ(run.message, "no constructor today");
}

TEST_F(OperationRun, CannotFailWithCodeOk) {
  const FakeRun run = RunScript(
      [](Job&) -> Outcome { return Failure("Odd", "a failure that is ok", KUBEDIAG_OK); });
  EXPECT_EQ(run.code, KUBEDIAG_INTERNAL);
  EXPECT_EQ(run.reason, "Odd");
}

TEST_F(OperationRun, HasNoResultsIfItFailed) {
  const FakeRun run = RunScript([](Job& job) -> Outcome {
    job.Emit("half", "done");
    throw 123;
  });
  EXPECT_THAT(run.results, testing::IsEmpty());
}

TEST_F(OperationRun, GetsAnObjectOfItsOwn) {
  const int before = test::ScriptedObjects();
  const auto succeed = [](Job&) { return Outcome::Success(); };
  RunScript(succeed);
  RunScript(succeed);
  EXPECT_EQ(test::ScriptedObjects(), before + 2);
}

TEST_F(OperationRun, KnowsTheNameItWasAskedForBy) {
  EXPECT_EQ(host_.Run("plain").results.at("plain.operation"), "plain");
}

TEST_F(OperationRun, RestoresWithTheStateItCompletedWith) {
  CurrentScript().restore = [](Job& job) {
    job.Complete(std::chrono::seconds(3), "again: " + std::string(job.state()));
    return Outcome::Success();
  };
  host_.Parameter("scripted.earlier", "x").Start("scripted", "port 1");
  const FakeRun run = host_.Finish();
  EXPECT_TRUE(run.ok());
  EXPECT_EQ(run.state, "again: port 1");
}

// The barrier lets a thread's forced end pass; the entry point, which is noexcept, stops it there:
// the process ends at once instead of unwinding the engine's frames.
TEST(OperationRunDeathTest, EndsTheProcessWhenItsThreadIsForcedToEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  CurrentScript().run = [](Job&) -> Outcome { pthread_exit(nullptr); };
  EXPECT_DEATH(
      {
        FakeHost host;
        host.Parameter("scripted.earlier", "x").Run("scripted");
      },
      "");
}

const kubediag_operation& Find(const FakeHost& host, std::string_view name) {
  for (size_t i = 0; i < host.module().operation_count; ++i) {
    if (sdk::View(host.module().operations[i]->name) == name) return *host.module().operations[i];
  }
  throw std::logic_error("no such operation");
}

TEST(OperationSlots, HaveRestoreOnlyIfTheClassOrABaseOverridesIt) {
  const FakeHost host;
  EXPECT_NE(Find(host, "scripted").restore, nullptr);
  EXPECT_NE(Find(host, "inherits-restore").restore, nullptr);
  EXPECT_EQ(Find(host, "plain").restore, nullptr);
}

TEST(OperationSlots, DefaultRestoreFails) {
  class Plain : public Operation {
    Outcome Run(Job& /*job*/) override { return Outcome::Success(); }
  } operation;
  kubediag_host host{};
  kubediag_job c_job{};
  Job job(host, c_job);
  EXPECT_EQ(operation.Restore(job).failure().reason(), "NotRestorable");
}

TEST(OperationModule, DeclinesAnEngineOfAnotherMajorVersion) {
  EXPECT_EQ(kubediag_operation_module_v1(2, 0), nullptr);
  EXPECT_EQ(kubediag_operation_module_v1(0, 0), nullptr);
}

TEST(OperationModule, ServesEnginesOfLaterMinorVersionsAndIsAlwaysTheSame) {
  const kubediag_module* const module = kubediag_operation_module_v1(1, 0);
  ASSERT_NE(module, nullptr);
  EXPECT_EQ(kubediag_operation_module_v1(1, 99), module);
  EXPECT_EQ(module->operation_count, 6U);
}

class Unranged : public Operation {
 public:
  static Declaration Declare() {
    return Declaration("unranged")
        .Add(Parameter::Integer("unranged.integer"))
        .Add(Secret{"n", "secret_reference.name", {"token"}});
  }
  Outcome Run(Job& /*job*/) override { return Outcome::Success(); }
};
class WithMinimum : public Unranged {
 public:
  static Declaration Declare() { return Declaration("m").Add(Parameter::Integer("m").Minimum(0)); }
};
class WithMaximum : public Unranged {
 public:
  static Declaration Declare() { return Declaration("m").Add(Parameter::Integer("m").Maximum(0)); }
};
class WithBaseUrl : public Unranged {
 public:
  static Declaration Declare() { return Declaration("m").Add(Parameter::Url("m").Base()); }
};
class WithHttpsSecret : public Unranged {
 public:
  static Declaration Declare() {
    return Declaration("m")
        .Add(Parameter::Url("m"))
        .Add(Secret{"n", "secret_reference.name", {"token"}, "m"});
  }
};

TEST(OperationModule, AsksForTheMinorVersionThatHeedsItsDeclaration) {
  EXPECT_EQ(sdk::Module<Unranged>::Get(1, 1)->abi_minor, 0U);
  EXPECT_EQ(sdk::Module<WithMinimum>::Get(1, 1)->abi_minor, 1U);
  EXPECT_EQ(sdk::Module<WithMaximum>::Get(1, 1)->abi_minor, 1U);
  EXPECT_EQ(sdk::Module<WithBaseUrl>::Get(1, 1)->abi_minor, 1U);
  EXPECT_EQ(sdk::Module<WithHttpsSecret>::Get(1, 1)->abi_minor, 1U);
  EXPECT_EQ((sdk::Module<WithMinimum, Unranged>::Get(1, 1)->abi_minor), 1U);
  // An older engine is not declined but told what is needed: it has the better words for it.
  EXPECT_EQ(sdk::Module<WithMinimum>::Get(1, 0)->abi_minor, 1U);
}

class DeclareThrows : public Operation {
 public:
  static Declaration Declare() { throw 123; }
  Outcome Run(Job& /*job*/) override { return Outcome::Success(); }
};

TEST(OperationModule, DeclinesWhenADeclarationThrows) {
  testing::internal::CaptureStderr();
  EXPECT_EQ((sdk::Module<DeclareThrows>::Get(1, 0)), nullptr);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("Declare() threw"));
}

}  // namespace
}  // namespace kubediag
