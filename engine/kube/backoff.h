// Backoff: how long to wait before the next try, longer after each failure, with jitter.
//
// Not thread-safe. Borrows its clock. Starts over by itself once `reset` has passed without a call.
#pragma once

#include "engine/core/limits.h"
#include "engine/kube/clock.h"

namespace kubediag::kube {

struct BackoffOptions {
  Clock::Duration first = kWatchRetryFirst;
  Clock::Duration longest = kWatchRetryLongest;  // before jitter, which adds up to as much again
  Clock::Duration reset = kWatchRetryReset;
};

class Backoff {
 public:
  Backoff(BackoffOptions options, const Clock& clock, RandomSource random);

  // The wait after one more failure.
  Clock::Duration Next();
  // What has failed before is no measure of what comes.
  void StartOver() { base_ = {}; }

 private:
  BackoffOptions options_;
  const Clock& clock_;
  RandomSource random_;
  Clock::Duration base_{};
  Clock::TimePoint healthy_from_{};  // end of the wait handed out last
};

}  // namespace kubediag::kube
