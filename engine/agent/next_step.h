// NextStep: what an agent does with a Diagnosis of its node, as it is now. Pure.
#pragma once

#include <string>

#include "engine/api/objects.h"
#include "engine/diagnosis/cancellation.h"

namespace kubediag::agent {

enum class Step {
  kNothing,  // not this node's, at its end, suspended, or under way here
  kRun,      // claim and run it, or go on with what an earlier process began
  kRestore,  // it has ended, and what it served before the restart may still be served
};

// What the agent knows of it besides the object.
struct Knowledge {
  std::string node_name = {};  // the agent's
  std::string instance = {};   // the agent's, of this process
  bool running = false;        // this process is at work on it
  bool restored = false;       // this process has looked for its pages already
};

Step NextStep(const api::Diagnosis& diagnosis, const Knowledge& knowledge);

// Why a run of it is to end although its object is there and has not ended; kNone: it is not to.
diagnosis::CancelCause CauseToEnd(const api::Diagnosis& diagnosis);

}  // namespace kubediag::agent
