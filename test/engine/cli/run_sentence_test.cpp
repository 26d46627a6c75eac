#include "engine/cli/run_sentence.h"

#include <gtest/gtest.h>

namespace kubediag::cli {
namespace {

using namespace std::chrono_literals;

api::Diagnosis Ended(api::Phase phase) {
  api::Diagnosis diagnosis;
  diagnosis.status.phase = phase;
  return diagnosis;
}

TEST(RunSentence, TellsSuccessAndTime) {
  EXPECT_EQ(RunSentence(Ended(api::Phase::kSucceeded), 340ms, false), "Succeeded in 0.34 s.");
}

TEST(RunSentence, TellsByWhichPathIfNotTheFirst) {
  api::Diagnosis diagnosis = Ended(api::Phase::kSucceeded);
  diagnosis.status.failed_paths.resize(1);
  diagnosis.status.succeeded_path = {{.id = 1, .to = {}, .operation = "a", .dependences = {}},
                                     {.id = 3, .to = {}, .operation = "b", .dependences = {}}};
  EXPECT_EQ(RunSentence(diagnosis, 410ms, false),
            "Succeeded by its second path (1 -> 3) in 0.41 s.");
}

TEST(RunSentence, TellsWhereToGoAndForHowLong) {
  api::Diagnosis diagnosis = Ended(api::Phase::kSucceeded);
  diagnosis.status.operation_results["x"] =
      "Visit http://127.0.0.1:39900/3f9c/, this server will expire in 7200 seconds.";
  EXPECT_EQ(RunSentence(diagnosis, 340ms, true),
            "Succeeded in 0.34 s. Visit http://127.0.0.1:39900/3f9c/ (expires in 2 h). "
            "Ctrl-C ends it.");
  EXPECT_EQ(RunSentence(diagnosis, 340ms, false), "Succeeded in 0.34 s.");
}

TEST(RunSentence, TakesOnlyTheSentenceForAPage) {
  api::DiagnosisStatus status;
  status.operation_results["a"] = "Visit our shop";
  status.operation_results["b"] = "see http://example.org";
  EXPECT_TRUE(ServedPages(status).empty());
}

TEST(RunSentence, SaysWhyItFailedInOnePrintableLine) {
  api::Diagnosis diagnosis = Ended(api::Phase::kFailed);
  diagnosis.status.message = "2 refuse failed:\n\x1b[2Jno volume";
  EXPECT_EQ(RunSentence(diagnosis, 20ms, false),
            "Failed in 0.02 s: 2 refuse failed: ?[2Jno volume.");
}

TEST(RunSentence, EndsWithOnePunctuationMark) {
  api::Diagnosis diagnosis = Ended(api::Phase::kFailed);
  for (const char* message : {"did you mean answer?", "No such page.", "too late!"}) {
    diagnosis.status.message = message;
    EXPECT_EQ(RunSentence(diagnosis, 20ms, false), "Failed in 0.02 s: " + std::string(message));
  }
}

TEST(RunSentence, SaysThatASuspendedDiagnosisWasNotRun) {
  api::Diagnosis diagnosis = Ended(api::Phase::kNone);
  diagnosis.spec.suspend = true;
  EXPECT_EQ(RunSentence(diagnosis, 0ms, false), "Not run: spec.suspend is true.");
}

}  // namespace
}  // namespace kubediag::cli
