#include "engine/kube/retry_delay.h"

#include <algorithm>

#include "engine/core/limits.h"

namespace kubediag::kube {

Clock::Duration RetryDelay::Next(const ObjectKey& key, Clock::TimePoint now) {
  constexpr unsigned kMaxDoublings = 20;  // far beyond kKeyRetryLongest, far below an overflow
  unsigned& failures = failures_[key];
  const Clock::Duration own = std::min<Clock::Duration>(
      Clock::Duration(kKeyRetryFirst) * (int64_t{1} << failures), kKeyRetryLongest);
  failures = std::min(failures + 1, kMaxDoublings);
  return std::max(own, TakeTurn(now));
}

Clock::Duration RetryDelay::TakeTurn(Clock::TimePoint now) {
  const Clock::TimePoint full = now - Clock::Duration(kRetryTurn) * kRetryBurst;
  next_turn_ = std::max(next_turn_, full) + kRetryTurn;
  return std::max(next_turn_ - now, Clock::Duration::zero());
}

}  // namespace kubediag::kube
