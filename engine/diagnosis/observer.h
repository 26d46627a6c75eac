// Observer: told how a run goes, for a command line's live line or an agent's metrics.
//
// Called from the run's threads, never two calls at once for one run; the executor waits for each,
// so be quick. Nothing is owned beyond the call.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/api/objects.h"

namespace kubediag::diagnosis {

// One node of the graph, at its start or at its end.
struct OperationProgress {
  int64_t id = 0;                // position in the adjacency list
  std::string operation;         // as the set names it
  std::string module_operation;  // what it is in its module; empty if there is none
  int64_t attempt = 1;
  // Of an end only:
  std::string phase;                    // "Succeeded", "Failed", "Skipped"
  std::string reason;                   // empty when Succeeded
  std::string text;                     // the failure's message, or the result's summary if any
  std::chrono::nanoseconds duration{};  // of this attempt; 0 if nothing was run
};

class Observer {
 public:
  virtual ~Observer() = default;

  // Claimed: operations run from now on. `resumed`: an earlier process began it.
  virtual void OnRunning(const api::Diagnosis& /*diagnosis*/, bool /*resumed*/) {}
  virtual void OnOperationStarted(const OperationProgress& /*progress*/) {}
  virtual void OnOperationFinished(const OperationProgress& /*progress*/) {}
  // Something the user should know that does not end the run (an undeclared parameter, say).
  virtual void OnWarning(const std::string& /*message*/) {}
};

}  // namespace kubediag::diagnosis
