// Announcer: writes into the status what runs do not write themselves, so that people and the
// controller see that a Diagnosis is in good hands: condition Queued of one that waits, and a
// heartbeat of those that run or wait.
//
// One thread of its own, which calls Run(). Borrows all it is given. A write that fails is tried
// again at a later turn: nothing depends on it but the controller's patience.
#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "engine/agent/agent_metrics.h"
#include "engine/agent/run_table.h"
#include "engine/agent/waiting_table.h"
#include "engine/core/logging.h"
#include "engine/diagnosis/executor.h"
#include "engine/kube/clock.h"
#include "engine/kube/kube_store.h"
#include "engine/kube/object_cache.h"

namespace kubediag::agent {

struct AnnouncerParts {
  const std::string node_name;
  const std::string instance;
  const unsigned concurrency;  // for the message of those that wait for a turn
  kube::ObjectCache& cache;
  kube::KubeStore& store;
  diagnosis::Executor& executor;
  RunTable& runs;
  WaitingTable& waiting;
  AgentMetrics& metrics;
  Logger& logger;
  kube::Clock& clock;
};

class Announcer {
 public:
  explicit Announcer(AnnouncerParts parts) : parts_(std::move(parts)) {}

  // A turn every kAnnounceInterval.
  void Run(const std::stop_token& stop);
  // One turn; sets the gauges of what waits and of pages, too.
  void Announce(const std::stop_token& stop = {});

 private:
  // When each was first seen to wait, and last written about.
  struct Seen {
    kube::Clock::TimePoint first;
    kube::Clock::TimePoint heartbeat;
    bool present = true;
  };

  // Whether it waits.
  bool Look(const api::Diagnosis& diagnosis, kube::Clock::TimePoint now);
  bool IsAnothers(const api::Diagnosis& diagnosis) const;
  bool TellQueued(api::Diagnosis diagnosis, const std::string& message);
  void Beat(const api::Diagnosis& diagnosis);

  AnnouncerParts parts_;
  std::map<std::string, Seen> seen_;  // by uid
};

}  // namespace kubediag::agent
