// Announcer: writes into the status of a Diagnosis that waits, so that people and the controller
// see that it is in good hands: condition Queued, and a heartbeat with it; that it is suspended;
// and its end, if it has waited for as long as its spec.timeoutSeconds. Runs write theirs
// themselves; it ends those that the cache knows to be suspended, leaving or taken away.
//
// One thread of its own, which calls Run(). Borrows all it is given. A write costs one request,
// made from what the cache has; one that fails is tried again later, and later again if it fails
// again: nothing depends on it but the controller's patience. The store's client should have a rate
// of its own (kAnnouncementsPerSecond): thousands may wait, and runs must not wait for them.
#pragma once

#include <atomic>
#include <map>
#include <optional>
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
  explicit Announcer(AnnouncerParts parts) : parts_(std::move(parts)) { Step(); }

  // A turn every kAnnounceInterval.
  void Run(const std::stop_token& stop);
  // One turn; sets the gauges of what waits and of pages, too. Ends early if the API server is
  // away.
  void Announce(const std::stop_token& stop = {});
  // When it last did anything. Thread-safe.
  kube::Clock::TimePoint last_step() const {
    return kube::Clock::TimePoint(kube::Clock::Duration(last_step_.load()));
  }

 private:
  // When each was first seen to wait, and last written about.
  struct Seen {
    kube::Clock::TimePoint first;
    kube::Clock::TimePoint heartbeat;
    kube::Clock::TimePoint next_try;
    kube::Clock::Duration pause{};  // after the last failure
    bool present = true;
  };

  void Step() { last_step_ = parts_.clock.Now().time_since_epoch().count(); }
  void EndRuns();
  bool Waits(const api::Diagnosis& diagnosis) const;
  // Unavailable: nothing can be written now.
  Status Look(const std::string& uid);
  std::optional<Status> Tell(const api::Diagnosis& diagnosis, const Seen& seen,
                             kube::Clock::TimePoint now);
  bool LacksSuspension(const api::Diagnosis& diagnosis) const;
  bool IsAnothers(const api::Diagnosis& diagnosis) const;
  Status TellQueued(api::Diagnosis diagnosis, const std::string& message);
  Status TellSuspended(api::Diagnosis diagnosis);
  Status Fail(api::Diagnosis diagnosis, const Status& failure);
  Status Write(api::Diagnosis& diagnosis);

  AnnouncerParts parts_;
  std::map<std::string, Seen> seen_;  // by uid
  std::atomic<kube::Clock::Duration::rep> last_step_ = 0;
};

}  // namespace kubediag::agent
