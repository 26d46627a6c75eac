#include "engine/controller/assignment.h"

#include <algorithm>

#include "engine/api/value.h"
#include "engine/api/write.h"
#include "engine/controller/reasons.h"
#include "engine/core/limits.h"

namespace kubediag::controller {
namespace {

Assignment Fail(const char* reason, std::string message) {
  return {.step = Assignment::Step::kFail,
          .failure = Status(StatusCode::kFailedPrecondition, reason, std::move(message))};
}

}  // namespace

bool NeedsNode(const api::Diagnosis& diagnosis) {
  const bool begins =
      diagnosis.status.phase == api::Phase::kNone || diagnosis.status.phase == api::Phase::kPending;
  return begins && diagnosis.spec.node_name.empty() && !diagnosis.spec.suspend &&
         !diagnosis.metadata.deletion_timestamp;
}

Assignment DecideAssignment(const api::Diagnosis& diagnosis, const PodView& pod,
                            kube::Clock::Duration waited) {
  if (!diagnosis.spec.pod_reference) {
    return Fail(kReasonNodeNotNamed,
                "it names no node to run on: spec.nodeName or spec.podReference is needed");
  }
  if (pod.exists && !pod.node_name.empty()) {
    return {.step = Assignment::Step::kAssign, .node_name = pod.node_name};
  }
  if (waited < kPodTimeout) {
    // Seldom after a while: many may wait for one Pod.
    const auto delay =
        std::clamp<kube::Clock::Duration>(waited / 2, kPodIntervalLeast, kPodIntervalMost);
    return {.step = Assignment::Step::kWait,
            .delay = std::min<kube::Clock::Duration>(delay, kPodTimeout - waited)};
  }
  const api::PodReference& reference = *diagnosis.spec.pod_reference;
  const std::string name = "Pod " + reference.namespace_name + "/" + reference.name;
  const std::string time = " within " + std::to_string(kPodTimeout.count()) + " s";
  if (!pod.exists) return Fail(kReasonPodNotFound, name + " did not appear" + time);
  return Fail(kReasonPodNotScheduled, name + " was not scheduled to a node" + time);
}

std::string NodePatchOf(const std::string& resource_version, const std::string& node_name) {
  api::Value metadata = api::Value::Map();
  metadata.Set("resourceVersion", api::Value::String(resource_version));
  api::Value spec = api::Value::Map();
  spec.Set("nodeName", api::Value::String(node_name));
  api::Value body = api::Value::Map();
  body.Set("metadata", std::move(metadata));
  body.Set("spec", std::move(spec));
  return api::WriteJson(body, api::JsonLayout::kCompact);
}

}  // namespace kubediag::controller
