#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/journal.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The engine "dies" while an operation runs: cause kShutdown leaves everything as a kill does.
class ResumeTest : public ExecutorTest {
 protected:
  Body DiesOnce(const std::map<std::string, std::string>& results = {}) {
    return [this, results](const operation::Job& job, const std::stop_token& stop) {
      if (!dies) return Succeed(results);
      cancellation->Request(CancelCause::kShutdown);
      return Hang(job, stop);
    };
  }

  void RunUntilItDies() {
    dies = true;
    EXPECT_EQ(TryRun().status().code(), StatusCode::kCancelled);
    Restart();
    dies = false;
  }

  // As a new process of local mode: the same objects, no status.
  void ForgetStatus() {
    api::Diagnosis diagnosis = Stored();
    diagnosis.status = {};
    ASSERT_TRUE(store.FileStore::WriteStatus(diagnosis).ok());
  }

  bool dies = false;
};

TEST_F(ResumeTest, ARepeatableOperationRunsAgainAndFinishedOnesDoNot) {
  Add("a", [](const operation::Job&, const std::stop_token&) { return Succeed({{"a", "1"}}); });
  Add("b", DiesOnce(), true);
  AddSet({{1}, {2}, {}}, {"a", "b"});
  AddDiagnosis();
  RunUntilItDies();
  const api::Diagnosis done = Run();
  EXPECT_TRUE(observer.resumed);
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("a"), 1U);
  EXPECT_EQ(runner.Runs("b"), 2U);
  EXPECT_EQ(done.status.operation_results.at("a"), "1");
  EXPECT_EQ(done.status.operations[1].attempts, 2);
}

TEST_F(ResumeTest, AnotherOneIsInterruptedAndNeverRunsTwice) {
  Add("recover", DiesOnce());
  Add("b", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1, 2}, {}, {}}, {"recover", "b"});
  AddDiagnosis();
  RunUntilItDies();
  const api::Diagnosis done = Run();
  EXPECT_EQ(runner.Runs("recover"), 1U);
  EXPECT_THAT(Outcomes(done.status), ElementsAre("1 recover Failed Interrupted", "2 b Succeeded"));
  EXPECT_THAT(done.status.operations[0].message, HasSubstr("must not be run twice"));
}

TEST_F(ResumeTest, AnOperationsOwnWordCancelledDoesNotVoidTheJournal) {
  Add("recover", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  Add("undecided", [](const operation::Job&, const std::stop_token&) {
    return FailWith("Cancelled", "says the operation");
  });
  Add("last", DiesOnce(), true);
  AddSet({{1}, {2, 3}, {}, {}}, {"recover", "undecided", "last"});
  AddDiagnosis();
  RunUntilItDies();
  ForgetStatus();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("recover"), 1U);
  EXPECT_EQ(runner.Runs("undecided"), 1U);
}

TEST_F(ResumeTest, LocalModeResumesAnEqualObject) {
  Add("recover", DiesOnce());
  AddSet({{1}, {}}, {"recover"});
  AddDiagnosis();
  RunUntilItDies();
  ForgetStatus();
  EXPECT_EQ(ConditionOf(Run(), "Finished").reason, "Interrupted");
  EXPECT_EQ(runner.Runs("recover"), 1U);
}

TEST_F(ResumeTest, LocalModeStartsAnewIfTheObjectChangedOrTheRunHadEnded) {
  Add("recover", DiesOnce());
  AddSet({{1}, {}}, {"recover"});
  AddDiagnosis();
  RunUntilItDies();
  AddDiagnosis({{"changed", "1"}});
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("recover"), 2U);
  ForgetStatus();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("recover"), 3U);
}

// In a cluster a uid is never made anew: its store was set back to an earlier time.
TEST_F(ResumeTest, WhereAUidIsUsedOnceAnEndedRunIsOnlyToldAgain) {
  options.store_has_all_diagnoses = true;
  Add("recover", [](const operation::Job&, const std::stop_token&) {
    return Succeed({{"r", "1"}});
  });
  AddSet({{1}, {}}, {"recover"});
  AddDiagnosis();
  Run();
  for (const bool restarted : {false, true}) {
    if (restarted) Restart();
    ForgetStatus();
    const api::Diagnosis done = Run();
    EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
    EXPECT_EQ(done.status.operation_results.at("r"), "1");
    EXPECT_EQ(runner.Runs("recover"), 1U);
    EXPECT_FALSE(executor().CanResume(Stored().metadata.uid));
  }
}

TEST_F(ResumeTest, WhereAUidIsUsedOnceARunOfAnotherSpecIsNotMadeAfterIt) {
  options.store_has_all_diagnoses = true;
  Add("recover", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"recover"});
  AddDiagnosis();
  Run();
  AddDiagnosis({{"changed", "1"}});
  EXPECT_EQ(ConditionOf(Run(), "Finished").reason, "Interrupted");
  EXPECT_EQ(runner.Runs("recover"), 1U);
}

api::Operation ObjectFor(const std::string& operation, const std::string& setting) {
  api::Operation object;
  object.metadata.name = "recover";
  object.processor.shared_object =
      api::SharedObject{.operation = operation, .settings = {{"s", setting}}};
  return object;
}

TEST_F(ResumeTest, LocalModeStartsAnewIfAnOperationObjectChanged) {
  Add("module", DiesOnce());
  store.Put(ObjectFor("module", "1"));
  AddSet({{1}, {}}, {"recover"});
  AddDiagnosis();
  RunUntilItDies();
  ForgetStatus();
  store.Put(ObjectFor("module", "2"));
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_FALSE(observer.resumed);
  EXPECT_EQ(runner.Runs("module"), 2U);
}

TEST_F(ResumeTest, LocalModeResumesThoughAnOperationObjectHasOtherLabels) {
  Add("module", DiesOnce());
  api::Operation object = ObjectFor("module", "1");
  store.Put(object);
  AddSet({{1}, {}}, {"recover"});
  AddDiagnosis();
  RunUntilItDies();
  ForgetStatus();
  object.metadata.labels["new"] = "label";
  store.Put(object);
  EXPECT_EQ(ConditionOf(Run(), "Finished").reason, "Interrupted");
  EXPECT_EQ(runner.Runs("module"), 1U);
}

// The objects are equal: what ran may not run twice.
TEST_F(ResumeTest, LocalModeResumesThoughAModuleIsGone) {
  Add("recover", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  Add("last", DiesOnce());
  AddSet({{1}, {2}, {}}, {"recover", "last"});
  AddDiagnosis();
  RunUntilItDies();
  ForgetStatus();
  catalog.Remove("last");
  EXPECT_EQ(Run().status.phase, api::Phase::kFailed);
  EXPECT_TRUE(observer.resumed);
  EXPECT_EQ(runner.Runs("recover"), 1U);
}

TEST_F(ResumeTest, AClaimedRunGoesOnThoughAnOperationObjectChanged) {
  Add("module", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  Add("last", DiesOnce(), true);
  store.Put(ObjectFor("module", "1"));
  AddSet({{1}, {2}, {}}, {"recover", "last"});
  AddDiagnosis();
  RunUntilItDies();
  store.Put(ObjectFor("module", "2"));
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("module"), 1U);
}

TEST_F(ResumeTest, LargeResultsComeBackWhole) {
  const std::string large(100 * kKiB, 'x');
  Add("collect", [&](const operation::Job&, const std::stop_token&) {
    return Succeed({{"big", large}});
  });
  Add(
      "use",
      [&](const operation::Job& job, const std::stop_token& stop) {
        EXPECT_EQ(job.parameters.at("big"), large);
        return DiesOnce()(job, stop);
      },
      true);
  AddSet({{1}, {2}, {}}, {"collect", "use"});
  AddDiagnosis();
  RunUntilItDies();
  const api::Diagnosis done = Run();
  EXPECT_EQ(runner.Runs("collect"), 1U);
  EXPECT_EQ(runner.Runs("use"), 2U);
  ASSERT_EQ(done.status.artifacts.size(), 1U);
  EXPECT_EQ(done.status.artifacts[0].size, static_cast<int64_t>(large.size()));
}

TEST_F(ResumeTest, ALostLargeResultFailsTheRunRatherThanFeedingWhatIsLeft) {
  Add("collect", [](const operation::Job&, const std::stop_token&) {
    return Succeed({{"big", std::string(100 * kKiB, 'x')}});
  });
  Add("use", DiesOnce(), true);
  AddSet({{1}, {2}, {}}, {"collect", "use"});
  AddDiagnosis();
  RunUntilItDies();
  std::filesystem::remove_all(RunPath("results"));
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_THAT(done.status.message, HasSubstr("the saved result big cannot be read again"));
  EXPECT_EQ(runner.Runs("use"), 1U);
}

TEST_F(ResumeTest, ADecidedRunIsOnlyWrittenNotRunAgain) {
  Add("recover", [](const operation::Job&, const std::stop_token&) {
    return Succeed({{"r", "1"}});
  });
  AddSet({{1}, {}}, {"recover"});
  AddDiagnosis();
  int writes = 0;
  store.before_write = [&](const api::Diagnosis&) {
    if (++writes != 2) return Status::Ok();
    cancellation->Request(CancelCause::kShutdown);  // as the store goes away for good
    return Status::Unavailable("gone");
  };
  EXPECT_EQ(TryRun().status().code(), StatusCode::kUnavailable);
  Restart();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(done.status.operation_results.at("r"), "1");
  EXPECT_EQ(runner.Runs("recover"), 1U);
}

TEST_F(ResumeTest, WithoutItsJournalAClaimedRunIsInterrupted) {
  Add("a", DiesOnce(), true);
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  RunUntilItDies();
  std::filesystem::remove(RunPath("journal"));
  const api::Diagnosis done = Run();
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "Interrupted");
  EXPECT_THAT(done.status.message, HasSubstr("left no journal"));
  EXPECT_EQ(runner.Runs("a"), 1U);
}

TEST_F(ResumeTest, ADamagedJournalInterruptsAClaimedRun) {
  Add("a", DiesOnce(), true);
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  RunUntilItDies();
  {
    std::fstream file(RunPath("journal"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(60);
    file.put('!');
  }
  EXPECT_THAT(Run().status.message, HasSubstr("its journal is damaged"));
  EXPECT_EQ(runner.Runs("a"), 1U);
}

TEST_F(ResumeTest, ASetThatChangedMeanwhileEndsAClaimedRun) {
  Add("a", DiesOnce(), true);
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  RunUntilItDies();
  AddSet({{1}, {2}, {}}, {"a", "a"});
  const api::Diagnosis done = Run();
  EXPECT_EQ(ConditionOf(done, "OperationSetChanged").status, "True");
  EXPECT_EQ(done.status.message, "OperationSet set changed during execution");
}

TEST_F(ResumeTest, TheDeadlineCountsFromTheFirstStart) {
  Add("a", DiesOnce(), true);
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis({}, [](api::Diagnosis& diagnosis) { diagnosis.spec.timeout_seconds = 100; });
  RunUntilItDies();
  // As if the first process had begun 100 s ago.
  auto lock = OpenDirectory(RunPath(""));
  auto contents = Journal::Read(lock->get());
  ASSERT_TRUE(contents.ok());
  auto begin = std::get<BeginRecord>(contents->records[0]);
  begin.start_time -= seconds(100);
  auto journal = Journal::Create(lock->get(), begin);
  ASSERT_TRUE((*journal)->Append(contents->records[1]).ok());
  journal->reset();
  EXPECT_EQ(ConditionOf(Run(), "Finished").reason, "DeadlineExceeded");
  EXPECT_EQ(runner.Runs("a"), 1U);
}

TEST_F(ResumeTest, AnOperationThatTakesTheEngineDownIsGivenUpAtLast) {
  Add("a", DiesOnce(), true);
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis();
  for (int i = 0; i < kMaxInterruptedAttempts; ++i) RunUntilItDies();
  const api::Diagnosis done = Run();
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "Interrupted");
  EXPECT_EQ(runner.Runs("a"), static_cast<size_t>(kMaxInterruptedAttempts));
}

// The journal of a five-node run, cut: whatever is left, no operation that is not
// repeatable runs a second time, and the run ends.
TEST_F(ResumeTest, FromAJournalCutAroundAnyRecordNothingRunsTwice) {
  for (const char* name : {"a", "b", "c", "d"}) {
    Add(name, [name](const operation::Job&, const std::stop_token&) {
      return std::string(name) == "b" ? FailWith("Broken", "b") : Succeed({{name, "1"}});
    });
  }
  Add("e", DiesOnce());
  AddSet({{1, 3}, {2}, {5}, {4}, {5}, {}}, {"a", "b", "c", "d", "e"});
  AddDiagnosis();
  RunUntilItDies();
  const std::string path = RunPath("journal");
  const std::string whole = *ReadFile(path, 1 << 20);
  const api::DiagnosisStatus claimed = Stored().status;
  const auto records = ParseJournal(whole)->records;
  ASSERT_EQ(records.size(), 10U);
  // Every record's boundary and its neighbours; every byte is journal_test's.
  size_t offset = std::string_view("kubediag journal 1\n").size();
  for (const Record& record : records) {
    offset += 16 + EncodeRecord(record).size();
    for (const size_t cut : {offset - 1, offset, offset + 1}) {
      if (cut > whole.size()) continue;
      std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, cut);
      std::map<std::string, size_t> started;
      const auto rest = ParseJournal(whole.substr(0, cut));
      ASSERT_TRUE(rest.ok());
      for (const Record& kept : rest->records) {
        if (const auto* start = std::get_if<StartedRecord>(&kept)) {
          ++started[std::string(1, static_cast<char>('a' + start->node - 1))];
        }
      }
      std::map<std::string, size_t> before;
      for (const char* name : {"a", "b", "c", "d", "e"}) before[name] = runner.Runs(name);
      api::Diagnosis diagnosis = Stored();
      diagnosis.status = claimed;
      ASSERT_TRUE(store.FileStore::WriteStatus(diagnosis).ok());
      const api::Diagnosis done = Run();
      EXPECT_TRUE(done.status.phase == api::Phase::kSucceeded ||
                  done.status.phase == api::Phase::kFailed);
      for (const char* name : {"a", "b", "c", "d", "e"}) {
        EXPECT_LE(started[name] + runner.Runs(name) - before[name], 1U)
            << name << " cut at " << cut;
      }
      Restart();
    }
  }
}

}  // namespace
}  // namespace kubediag::diagnosis
