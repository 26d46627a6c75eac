#include "engine/kube/backoff.h"

#include <algorithm>
#include <utility>

namespace kubediag::kube {

Backoff::Backoff(BackoffOptions options, const Clock& clock, RandomSource random)
    : options_(options), clock_(clock), random_(std::move(random)) {}

Clock::Duration Backoff::Next() {
  const Clock::TimePoint now = clock_.Now();
  const bool starts_over =
      base_ == Clock::Duration::zero() || now - healthy_from_ >= options_.reset;
  base_ = starts_over ? options_.first : std::min(base_ * 2, options_.longest);
  const auto jitter = std::chrono::duration_cast<Clock::Duration>(
      std::chrono::duration<double, Clock::Duration::period>(random_() *
                                                             static_cast<double>(base_.count())));
  healthy_from_ = now + base_ + jitter;
  return base_ + jitter;
}

}  // namespace kubediag::kube
