#include "engine/controller/assignment.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/core/limits.h"

namespace kubediag::controller {
namespace {

using Step = Assignment::Step;
using std::chrono::seconds;

api::Diagnosis OfPod() {
  api::Diagnosis diagnosis;
  diagnosis.spec.pod_reference = api::PodReference{"shop", "web-0", ""};
  return diagnosis;
}

TEST(NeedsNode, IsForThoseThatHaveNoneAndHaveNotBegun) {
  api::Diagnosis diagnosis = OfPod();
  EXPECT_TRUE(NeedsNode(diagnosis));
  diagnosis.status.phase = api::Phase::kPending;
  EXPECT_TRUE(NeedsNode(diagnosis));
  diagnosis.spec.suspend = true;
  EXPECT_FALSE(NeedsNode(diagnosis));
  diagnosis.spec.suspend = false;
  for (const auto phase :
       {api::Phase::kRunning, api::Phase::kSucceeded, api::Phase::kFailed, api::Phase::kUnknown}) {
    diagnosis.status.phase = phase;
    EXPECT_FALSE(NeedsNode(diagnosis));
  }
  diagnosis = OfPod();
  diagnosis.metadata.deletion_timestamp = api::Time{};
  EXPECT_FALSE(NeedsNode(diagnosis));
  diagnosis = OfPod();
  diagnosis.spec.node_name = "node-1";
  EXPECT_FALSE(NeedsNode(diagnosis));
}

TEST(DecideAssignment, TakesThePodsNode) {
  const auto assignment = DecideAssignment(OfPod(), {.exists = true, .node_name = "n"}, {});
  EXPECT_EQ(assignment.step, Step::kAssign);
  EXPECT_EQ(assignment.node_name, "n");
  // However late it comes.
  EXPECT_EQ(DecideAssignment(OfPod(), {.exists = true, .node_name = "n"}, seconds(3600)).step,
            Step::kAssign);
}

TEST(DecideAssignment, WaitsForThePodAndItsNodeUpToTheLimit) {
  const PodView views[] = {{}, {.exists = true}};
  for (const PodView& view : views) {
    for (const auto waited : {seconds(0), seconds(1), seconds(29)}) {
      const auto assignment = DecideAssignment(OfPod(), view, waited);
      EXPECT_EQ(assignment.step, Step::kWait);
      EXPECT_GT(assignment.delay, kube::Clock::Duration::zero());
      EXPECT_LE(waited + assignment.delay, kPodTimeout);
    }
  }
  const auto absent = DecideAssignment(OfPod(), {}, kPodTimeout);
  EXPECT_EQ(absent.step, Step::kFail);
  EXPECT_EQ(absent.failure.reason(), "PodNotFound");
  EXPECT_EQ(absent.failure.message(), "Pod shop/web-0 did not appear within 30 s");
  const auto unscheduled = DecideAssignment(OfPod(), {.exists = true}, kPodTimeout);
  EXPECT_EQ(unscheduled.step, Step::kFail);
  EXPECT_EQ(unscheduled.failure.reason(), "PodNotScheduled");
}

TEST(DecideAssignment, LooksSeldomerAfterAWhile) {
  EXPECT_EQ(DecideAssignment(OfPod(), {}, seconds(0)).delay, seconds(1));
  EXPECT_EQ(DecideAssignment(OfPod(), {}, seconds(6)).delay, seconds(3));
  EXPECT_EQ(DecideAssignment(OfPod(), {}, seconds(20)).delay, seconds(5));
  EXPECT_EQ(DecideAssignment(OfPod(), {}, seconds(28)).delay, seconds(2));
}

TEST(DecideAssignment, FailsWhatNamesNeitherNodeNorPod) {
  const auto assignment = DecideAssignment({}, {}, {});
  EXPECT_EQ(assignment.step, Step::kFail);
  EXPECT_EQ(assignment.failure.reason(), "NodeNotNamed");
}

TEST(NodePatch, HasTheNodeAndTheVersionAndNothingElse) {
  EXPECT_EQ(nlohmann::json::parse(NodePatchOf("7", "node \"1\"")),
            nlohmann::json::parse(
                R"({"metadata":{"resourceVersion":"7"},"spec":{"nodeName":"node \"1\""}})"));
}

}  // namespace
}  // namespace kubediag::controller
