// Term: the work of a controller for as long as it leads: it begins when a Term is made, and has
// ended when its destructor returns.
//
// Nothing is carried over from one term to the next, caches and clocks included: what another
// leader did in between is read anew. Borrows all it is given.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/controller/collection.h"
#include "engine/controller/controller_metrics.h"
#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/kube/clock.h"
#include "engine/kube/event_recorder.h"
#include "engine/kube/transport.h"
#include "engine/metrics/registry.h"

namespace kubediag::controller {

struct TermParts {
  kube::Transport& transport;  // a LeaderTransport
  kube::EventRecorder& events;
  metrics::Registry& registry;
  ControllerMetrics& metrics;
  Logger& logger;
  kube::Clock& clock;
  const CollectionRules rules;
  const std::chrono::seconds watch_timeout = kWatchTimeout;
};

class Term {
 public:
  explicit Term(const TermParts& parts);
  ~Term();
  Term(const Term&) = delete;
  Term& operator=(const Term&) = delete;

  // Whether it knows all objects there are. Thread-safe.
  bool synced() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubediag::controller
