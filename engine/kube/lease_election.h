// LeaseElection: at most one of several processes leads, by a Lease.
//
// One thread calls Run(). The callbacks are called on it, and the next renewal waits for them: they
// start and end work elsewhere. IsLeader() is thread-safe and tells the truth of this very moment,
// also while Run() hangs: ask it before each side effect. Borrows everything it is given.
//
// Whether another's lease has run out is judged by when this process last saw it change, on its own
// monotonic clock: wall clocks may differ as they like. What remains is clocks that run at
// different speeds: a leader stops counting itself one after 10 s, reckoned from before its request
// was sent, and nobody takes over before 15 s, so two lead at once only if one clock runs half as
// fast again as the other. A request already under way is not fenced by this: writes still carry a
// resourceVersion.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/kube/clock.h"
#include "engine/kube/lease.h"
#include "engine/kube/transport.h"
#include "engine/metrics/registry.h"

namespace kubediag::kube {

struct ElectionOptions {
  std::string namespace_name;
  std::string lease_name;
  std::string identity;  // of this process and no other, also not of its predecessor
  std::chrono::seconds lease_duration = kLeaseDuration;
  std::chrono::seconds renew_deadline = kLeaseRenewDeadline;
  std::chrono::seconds retry_period = kLeaseRetryPeriod;
  std::function<void()> on_leading = nullptr;
  std::function<void()> on_lost =
      nullptr;  // returns once the work has ended; after it another may lead
};

class LeaseElection {
 public:
  LeaseElection(ElectionOptions options, Transport& transport, metrics::Registry& metrics,
                Logger& logger, Clock& clock, RandomSource random);

  // Until stopped; then on_lost, if it led, and the lease is given back.
  void Run(const std::stop_token& stop);

  bool IsLeader() const;

  // When it last began a step: long ago if a callback or a request hangs. Thread-safe.
  Clock::TimePoint last_step() const { return Clock::TimePoint(Clock::Duration(last_step_)); }

  // One try to get or keep the lease, and the wait until the next. What Run() is made of.
  Clock::Duration Step(const std::stop_token& stop);
  // The end of Run().
  void Leave();

 private:
  Status TryHold(const std::stop_token& stop);
  Result<Response> Ask(const Request& request, Clock::Duration limit, const std::stop_token& stop);
  Clock::Duration Pause();
  Result<Lease> Read(const std::stop_token& stop);
  Status Write(const Lease& lease, const std::stop_token& stop);
  Result<Lease> Exchange(const Lease& lease, Clock::Duration limit, const std::stop_token& stop);
  Lease Mine(const Lease& current) const;
  bool IsFree(const Lease& lease) const;
  void Observe(Lease lease);
  void Lead(Clock::TimePoint asked);
  void Lose(const std::string& why);
  Clock::Duration RequestLimit() const;

  const ElectionOptions options_;
  Transport& transport_;
  Logger& logger_;
  Clock& clock_;
  RandomSource random_;
  metrics::Gauge leading_gauge_;
  std::optional<Lease> seen_;        // as last read or written
  Clock::TimePoint seen_changed_{};  // when it was first seen like that
  Clock::Duration asked_to_wait_{};  // by the server, in this step
  bool outcome_unknown_ = false;     // a write may have happened: read before the next
  bool leading_ = false;             // on_leading has been called, on_lost not yet
  // End of the time this process may count itself leader; 0 is the past.
  std::atomic<Clock::Duration::rep> leads_until_ = 0;
  std::atomic<Clock::Duration::rep> last_step_;
};

}  // namespace kubediag::kube
