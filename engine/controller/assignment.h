// What the controller does with a Diagnosis that has no node yet. Pure functions.
#pragma once

#include <string>

#include "engine/api/objects.h"
#include "engine/core/status.h"
#include "engine/kube/clock.h"

namespace kubediag::controller {

// The Pod a Diagnosis refers to, as it is now.
struct PodView {
  bool exists = false;
  std::string node_name = {};  // empty: not scheduled
};

struct Assignment {
  enum class Step {
    kAssign,  // give it `node_name`
    kWait,    // look again after `delay`
    kFail,    // with `failure`
  };
  Step step = Step::kWait;
  std::string node_name = {};
  kube::Clock::Duration delay = {};
  Status failure = {};
};

// Whether it is the controller's turn: not begun, not suspended, not being deleted, and without a
// node.
bool NeedsNode(const api::Diagnosis& diagnosis);

// For one that needs a node; `pod` does not matter without podReference. `waited` is since its Pod
// was first looked for.
Assignment DecideAssignment(const api::Diagnosis& diagnosis, const PodView& pod,
                            kube::Clock::Duration waited);

// A merge patch that changes nothing but spec.nodeName, if the Diagnosis is of this version still:
// admission policies let exactly that pass.
std::string NodePatchOf(const std::string& resource_version, const std::string& node_name);

}  // namespace kubediag::controller
