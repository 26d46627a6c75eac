// RateLimiter: at most so many requests a second, with a burst; the callers queue. Also holds them
// back for a while. Thread-safe.
#pragma once

#include <mutex>
#include <stop_token>

#include "engine/core/deadline.h"
#include "engine/core/status.h"

namespace kubediag::kube {

class RateLimiter {
 public:
  RateLimiter(double per_second, double burst);

  // Waits for its turn. DeadlineExceeded at once if that is later than the deadline; Cancelled.
  Status Wait(Deadline deadline, const std::stop_token& stop);
  // The turn of nobody who asks from now on comes before; then one by one, without a burst. A later
  // call may make it later, not earlier.
  void HoldUntil(Deadline time);

 private:
  std::mutex mutex_;
  const double per_second_;
  const double burst_;
  double tokens_;                       // negative: so many callers are waiting
  Deadline::Clock::time_point filled_;  // when there are so many; later than now: none goes before
};

// False if the stop or the deadline came first.
bool SleepUntil(Deadline until, Deadline deadline, const std::stop_token& stop);

}  // namespace kubediag::kube
