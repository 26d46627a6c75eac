// Every state a Diagnosis can be in when the agent looks at it, and what follows.

#include "engine/agent/next_step.h"

#include <gtest/gtest.h>

#include "engine/api/conditions.h"

namespace kubediag::agent {
namespace {

class NextStepTest : public testing::Test {
 protected:
  NextStepTest() {
    diagnosis_.metadata.uid = "6462352b-ed3f-490b-bfda-5e4379afbc6c";
    diagnosis_.spec.node_name = "node-1";
  }
  Step Next() const { return NextStep(diagnosis_, knowledge_); }
  void Serve(const char* status) {
    api::SetCondition(diagnosis_.status.conditions,
                      {.type = api::kConditionServing,
                       .status = status,
                       .last_transition_time = {},
                       .reason = "Serving",
                       .message = ""},
                      api::Time());
  }

  api::Diagnosis diagnosis_;
  Knowledge knowledge_{.node_name = "node-1", .instance = "node-1_new"};
};

TEST_F(NextStepTest, RunsWhatIsNewOrPending) {
  EXPECT_EQ(Next(), Step::kRun);
  diagnosis_.status.phase = api::Phase::kPending;
  EXPECT_EQ(Next(), Step::kRun);
}

TEST_F(NextStepTest, GoesOnWithWhatAnEarlierProcessBegan) {
  diagnosis_.status.phase = api::Phase::kRunning;
  diagnosis_.status.claim = {.instance = "node-1_old", .time = {}, .operation_set_hash = ""};
  EXPECT_EQ(Next(), Step::kRun);
}

TEST_F(NextStepTest, LeavesOtherNodesAlone) {
  diagnosis_.spec.node_name = "node-2";
  EXPECT_EQ(Next(), Step::kNothing);
  diagnosis_.spec.node_name = "";
  EXPECT_EQ(Next(), Step::kNothing);
}

TEST_F(NextStepTest, DoesNothingTwice) {
  knowledge_.running = true;
  EXPECT_EQ(Next(), Step::kNothing);
}

TEST_F(NextStepTest, StartsNothingThatIsSuspendedOrBeingDeleted) {
  diagnosis_.spec.suspend = true;
  EXPECT_EQ(Next(), Step::kNothing);
  diagnosis_.spec.suspend = false;
  diagnosis_.metadata.deletion_timestamp = api::Time();
  EXPECT_EQ(Next(), Step::kNothing);
}

TEST_F(NextStepTest, EndsARunThatWasSuspendedWhileTheAgentWasAway) {
  diagnosis_.spec.suspend = true;
  diagnosis_.status.phase = api::Phase::kRunning;
  EXPECT_EQ(Next(), Step::kRun);
}

TEST_F(NextStepTest, LooksOnceForPagesOfWhatHasEnded) {
  diagnosis_.status.phase = api::Phase::kSucceeded;
  EXPECT_EQ(Next(), Step::kNothing);
  Serve(api::kConditionTrue);
  EXPECT_EQ(Next(), Step::kRestore);
  knowledge_.restored = true;
  EXPECT_EQ(Next(), Step::kNothing);
}

TEST_F(NextStepTest, DoesNotRestoreItsOwnPages) {
  diagnosis_.status.phase = api::Phase::kSucceeded;
  diagnosis_.status.claim = {.instance = "node-1_new", .time = {}, .operation_set_hash = ""};
  Serve(api::kConditionTrue);
  EXPECT_EQ(Next(), Step::kNothing);
}

TEST_F(NextStepTest, DoesNotRestorePagesThatHaveEnded) {
  diagnosis_.status.phase = api::Phase::kFailed;
  Serve(api::kConditionFalse);
  EXPECT_EQ(Next(), Step::kNothing);
}

TEST_F(NextStepTest, LeavesAnUnknownPhaseAlone) {
  diagnosis_.status.phase = api::Phase::kUnknown;
  EXPECT_EQ(Next(), Step::kNothing);
}

}  // namespace
}  // namespace kubediag::agent
