#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

Body Succeeds(const std::map<std::string, std::string>& results = {}) {
  return [results](const operation::Job&, const std::stop_token&) { return Succeed(results); };
}
Body Fails(const std::string& reason = "Broken", const std::string& message = "it broke") {
  return [=](const operation::Job&, const std::stop_token&) { return FailWith(reason, message); };
}

TEST_F(ExecutorTest, SucceedsWithResultsConditionsAndEventsOfKubeDiag) {
  Add("profile", Succeeds({{"endpoint", "here"}, {"x.result.summary", "heap 3 MB"}}));
  AddSet({{1}, {}}, {"profile"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  const api::DiagnosisStatus& status = done.status;
  EXPECT_EQ(status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(status.operation_results.at("endpoint"), "here");
  EXPECT_EQ(status.message, "heap 3 MB");
  EXPECT_EQ(Positions(status.succeeded_path), "1");
  EXPECT_THAT(status.failed_paths, IsEmpty());
  EXPECT_THAT(Outcomes(status), ElementsAre("1 profile Succeeded"));
  EXPECT_EQ(status.operations[0].attempts, 1);
  EXPECT_TRUE(status.start_time && status.completion_time);
  EXPECT_EQ(status.claim->instance, "instance-1");
  EXPECT_EQ(ConditionOf(done, "Accepted").reason, "DiagnosisAccepted");
  EXPECT_EQ(ConditionOf(done, "Accepted").message, "Diagnosis is accepted by agent on node node-1");
  EXPECT_EQ(ConditionOf(done, "Complete").reason, "DiagnosisComplete");
  EXPECT_EQ(ConditionOf(done, "Complete").message, "Diagnosis is completed");
  EXPECT_EQ(ConditionOf(done, "Finished").status, "True");
  EXPECT_EQ(Stored().status.phase, api::Phase::kSucceeded);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_THAT(events[0], HasSubstr("Normal OperationSucceeded: profile finished in "));
  EXPECT_EQ(events[1], "Normal DiagnosisSucceeded: heap 3 MB");
  EXPECT_THAT(observer.lines, ElementsAre("start 1 profile", "end 1 profile Succeeded heap 3 MB"));
}

TEST_F(ExecutorTest, WritesTheStatusTwiceForAShortRun) {
  Add("a", Succeeds());
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  Run();
  ASSERT_EQ(store.written.size(), 2U);
  EXPECT_EQ(store.written[0].status.phase, api::Phase::kRunning);
  EXPECT_EQ(store.written[1].status.phase, api::Phase::kSucceeded);
}

TEST_F(ExecutorTest, OverlaysParametersResultsAndContextKeys) {
  Add("first", Succeeds({{"shared", "result"}, {"node", "forged"}, {"new", "1"}}));
  Add("second", Succeeds());
  AddSet({{1}, {2}, {}}, {"first", "second"});
  AddDiagnosis({{"own", "parameter"}, {"shared", "parameter"}, {"node", "forged"}},
               [](api::Diagnosis& diagnosis) {
                 diagnosis.spec.pod_reference =
                     api::PodReference{.namespace_name = "ns", .name = "web-0", .container = "c"};
               });
  Run();
  const auto jobs = runner.Jobs("second");
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_THAT(jobs[0].parameters,
              UnorderedElementsAre(
                  Pair("own", "parameter"), Pair("shared", "result"), Pair("new", "1"),
                  Pair("node", "node-1"), Pair("diagnosis.namespace", "default"),
                  Pair("diagnosis.name", "diagnosis"), Pair("diagnosis.uid", Stored().metadata.uid),
                  Pair("pod.namespace", "ns"), Pair("pod.name", "web-0"), Pair("container", "c")));
}

TEST_F(ExecutorTest, TriesTheNextPathAndKeepsResultsOfTheFailedOne) {
  Add("collect", Succeeds({{"collected", "1"}}));
  Add("diagnose", Fails("NoSubpath", "no subPath volume"));
  Add("profile", Succeeds());
  AddSet({{1, 3}, {2}, {}, {}}, {"collect", "diagnose", "profile"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_THAT(
      Outcomes(done.status),
      ElementsAre("1 collect Succeeded", "2 diagnose Failed NoSubpath", "3 profile Succeeded"));
  EXPECT_EQ(done.status.operations[1].message, "no subPath volume");
  EXPECT_THAT(Positions(done.status.failed_paths), ElementsAre("1 2"));
  EXPECT_EQ(Positions(done.status.succeeded_path), "3");
  EXPECT_EQ(done.status.operation_results.count("collected"), 1U);
  EXPECT_THAT(events, Contains("Warning OperationFailed: diagnose failed: NoSubpath: no subPath "
                               "volume"));
}

TEST_F(ExecutorTest, RunsASharedPrefixOnce) {
  Add("collect", Succeeds());
  Add("a", Fails());
  Add("b", Succeeds());
  AddSet({{1}, {2, 3}, {}, {}}, {"collect", "a", "b"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(runner.Runs("collect"), 1U);
  EXPECT_EQ(Positions(done.status.succeeded_path), "1 3");
}

TEST_F(ExecutorTest, GivesARepeatableDiagnosisItsSecondChanceWhenTheMapHasChanged) {
  Add("collect-a", Succeeds({{"a", "1"}}));
  Add("collect-b", Succeeds({{"b", "1"}}));
  Add(
      "diagnose",
      [](const operation::Job& job, const std::stop_token&) {
        return job.parameters.contains("b") ? Succeed() : FailWith("NotEnough", "needs b");
      },
      true);
  AddSet({{1, 2}, {3}, {3}, {}}, {"collect-a", "collect-b", "diagnose"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(Positions(done.status.succeeded_path), "2 3");
  EXPECT_EQ(runner.Runs("diagnose"), 2U);
  EXPECT_EQ(done.status.operations[2].attempts, 2);
}

TEST_F(ExecutorTest, KeepsTheOutcomeOfAnOperationThatIsNotRepeatable) {
  Add("collect-a", Succeeds({{"a", "1"}}));
  Add("collect-b", Succeeds({{"b", "1"}}));
  Add("recover", Fails());
  AddSet({{1, 2}, {3}, {3}, {}}, {"collect-a", "collect-b", "recover"});
  AddDiagnosis();
  EXPECT_EQ(Run().status.phase, api::Phase::kFailed);
  EXPECT_EQ(runner.Runs("recover"), 1U);
}

TEST_F(ExecutorTest, AnOperationObjectOverridesWhetherItIsRepeatable) {
  Add("collect-a", Succeeds({{"a", "1"}}));
  Add("collect-b", Succeeds({{"b", "1"}}));
  Add("recover", Fails());
  api::Operation object;
  object.metadata.name = "recover";
  object.processor.shared_object = api::SharedObject{.operation = "recover", .settings = {}};
  object.repeatable = true;
  store.Put(object);
  AddSet({{1, 2}, {3}, {3}, {}}, {"collect-a", "collect-b", "recover"});
  AddDiagnosis();
  Run();
  EXPECT_EQ(runner.Runs("recover"), 2U);
}

TEST_F(ExecutorTest, ALadderOfManyPathsCostsWhatItsNodesCostEvenIfTheSinkFails) {
  constexpr int kRungs = 40;
  std::vector<std::vector<int64_t>> to = {{1, 2}};
  std::vector<std::string> names;
  for (int64_t rung = 0; rung < kRungs; ++rung) {
    const int64_t left = 1 + 2 * rung;
    for (int side = 0; side < 2; ++side) {
      names.emplace_back("rung");
      to.push_back(rung + 1 < kRungs ? std::vector<int64_t>{left + 2, left + 3}
                                     : std::vector<int64_t>{2 * kRungs + 1});
    }
  }
  names.emplace_back("sink");
  to.emplace_back();
  Add("rung", Succeeds());
  Add("sink", Fails());
  AddSet(to, names);
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_LE(runner.Runs("rung"), 2U * kRungs);
  EXPECT_EQ(runner.Runs("sink"), 1U);
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "Broken");
}

TEST_F(ExecutorTest, FailsWithTheCommonReasonOrAllPathsFailed) {
  Add("a", Fails("OneThing", "first"));
  Add("b", Fails("Another", "second"));
  AddSet({{1, 2}, {}, {}}, {"a", "b"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "AllPathsFailed");
  EXPECT_EQ(done.status.message, "no path succeeded; operation 1 a: first; 2 b: second");
  EXPECT_THAT(done.status.succeeded_path, IsEmpty());
  EXPECT_THAT(Positions(done.status.failed_paths), ElementsAre("1", "2"));
  EXPECT_EQ(api::FindCondition(done.status.conditions, "Complete"), nullptr);
}

TEST_F(ExecutorTest, AMissingOperationFailsItsNodeOnly) {
  Add("b", Succeeds());
  AddSet({{1, 2}, {}, {}}, {"absent", "b"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_THAT(Outcomes(done.status),
              ElementsAre("1 absent Failed OperationNotFound", "2 b Succeeded"));
  EXPECT_EQ(api::FindCondition(done.status.conditions, "OperationNotFound"), nullptr);
}

TEST_F(ExecutorTest, AMissingOperationThatDecidesSetsKubeDiagsCondition) {
  AddSet({{1}, {}}, {"absent"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_EQ(ConditionOf(done, "OperationNotFound").status, "True");
  EXPECT_THAT(done.status.message, HasSubstr("absent"));
}

TEST_F(ExecutorTest, FailsWithoutItsSet) {
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_EQ(ConditionOf(done, "OperationSetNotFound").message, "OperationSet set not found");
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "OperationSetNotFound");
  EXPECT_THAT(events, ElementsAre("Warning DiagnosisFailed: OperationSetNotFound: OperationSet set "
                                  "not found"));
}

TEST_F(ExecutorTest, FailsWithAnInvalidSetAndNamesTheIds) {
  AddSet({{1}, {2}, {1}}, {"a", "b"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(ConditionOf(done, "OperationSetNotReady").status, "True");
  EXPECT_THAT(done.status.message, HasSubstr("1 -> 2 -> 1"));
}

TEST_F(ExecutorTest, AStoreThatDoesNotAnswerIsNoFailureOfTheDiagnosis) {
  Add("a", Succeeds());
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  store.set_status = Status::Unavailable("connection refused");
  EXPECT_EQ(TryRun().status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(Stored().status.phase, api::Phase::kNone);
}

TEST_F(ExecutorTest, ASetThatCannotBeReadFailsIt) {
  Add("a", Succeeds());
  AddDiagnosis();
  store.set_status = Status::InvalidArgument("spec.adjacencyList: must be a list");
  const api::Diagnosis done = Run();
  EXPECT_EQ(ConditionOf(done, "OperationSetNotReady").status, "True");
  EXPECT_THAT(done.status.message, HasSubstr("spec.adjacencyList: must be a list"));
}

TEST_F(ExecutorTest, GivesTheJobOnlyAfterTheClaimSucceeded) {
  Add("a", Succeeds());
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  store.before_write = [](const api::Diagnosis&) {
    return Status::FailedPrecondition("somebody was faster").WithReason("Conflict");
  };
  EXPECT_EQ(TryRun().status().reason(), "Conflict");
  EXPECT_EQ(runner.Prepared(), 1U);  // spawned meanwhile …
  EXPECT_EQ(runner.Runs("a"), 0U);   // … for nothing
  EXPECT_EQ(runner.Live(), 0U);
}

TEST_F(ExecutorTest, ComesThroughAConflictAtTheEndWithWhatOthersWrote) {
  Add("a", [this](const operation::Job&, const std::stop_token&) {
    api::Diagnosis other = Stored();
    other.status.heartbeat_time = api::Time(seconds(42));
    EXPECT_TRUE(store.FileStore::WriteStatus(other).ok());
    return Succeed();
  });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(Stored().status.heartbeat_time, api::Time(seconds(42)));
  EXPECT_EQ(runner.Runs("a"), 1U);
}

TEST_F(ExecutorTest, TriesTheLastWriteAgainWhileTheStoreDoesNotAnswer) {
  Add("a", Succeeds());
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  int writes = 0;
  store.before_write = [&writes](const api::Diagnosis&) {
    return ++writes == 2 ? Status::Unavailable("timeout") : Status::Ok();
  };
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(writes, 3);
  EXPECT_EQ(runner.Runs("a"), 1U);
}

TEST_F(ExecutorTest, LeavesAnEndedOrSuspendedDiagnosisAlone) {
  Add("a", Succeeds());
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis({}, [](api::Diagnosis& diagnosis) { diagnosis.spec.suspend = true; });
  EXPECT_EQ(Run().status.phase, api::Phase::kNone);
  EXPECT_TRUE(store.written.empty());
  AddDiagnosis();
  Run();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("a"), 1U);
}

TEST_F(ExecutorTest, SettingsAndTimeoutComeFromTheOperationObject) {
  Add("script-runner", [](const operation::Job& job, const std::stop_token&) {
    const auto left = job.deadline.Left();
    EXPECT_GT(left, seconds(110));
    EXPECT_LE(left, seconds(120));
    return Succeed();
  });
  api::Operation object;
  object.metadata.name = "my-script";
  object.processor.script_runner =
      api::ScriptRunner{.script = "echo", .arg_keys = {"b", "a"}, .operation_result_key = "k"};
  object.processor.timeout_seconds = 120;
  store.Put(object);
  AddSet({{1}, {}}, {"my-script"});
  AddDiagnosis();
  Run();
  ASSERT_EQ(runner.Runs("script-runner"), 1U);
  EXPECT_THAT(runner.Jobs("script-runner")[0].settings,
              ElementsAre(Pair("name", "my-script"), Pair("script", "echo"), Pair("arg_key", "b"),
                          Pair("arg_key", "a"), Pair("operation_result_key", "k")));
}

}  // namespace
}  // namespace kubediag::diagnosis
