#include "engine/kube/rate_limiter.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>

namespace kubediag::kube {

RateLimiter::RateLimiter(double per_second, double burst)
    : per_second_(per_second), burst_(burst), tokens_(burst), filled_(Deadline::Clock::now()) {}

Status RateLimiter::Wait(Deadline deadline, const std::stop_token& stop) {
  using Seconds = std::chrono::duration<double>;
  Deadline turn = Deadline::Never();
  {
    const std::lock_guard lock(mutex_);
    const auto now = Deadline::Clock::now();
    if (now > filled_) {
      tokens_ = std::min(burst_, tokens_ + Seconds(now - filled_).count() * per_second_);
      filled_ = now;
    }
    tokens_ -= 1;
    if (tokens_ >= 0 && now >= filled_) return Status::Ok();
    const Seconds wait(std::max(-tokens_ / per_second_, 0.0));
    turn = Deadline::At(filled_ + std::chrono::duration_cast<Deadline::Clock::duration>(wait));
    if (turn.time() > deadline.time()) {
      tokens_ += 1;
      return Status::DeadlineExceeded("too many requests of our own are waiting");
    }
  }
  if (SleepUntil(turn, deadline, stop)) return Status::Ok();
  const std::lock_guard lock(mutex_);
  tokens_ += 1;
  return Status::Cancelled("the request was cancelled");
}

void RateLimiter::HoldUntil(Deadline time) {
  const std::lock_guard lock(mutex_);
  if (time.time() <= filled_) return;
  filled_ = time.time();
  tokens_ = std::min(tokens_, 1.0);
}

bool SleepUntil(Deadline until, Deadline deadline, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  const Deadline first = Deadline::Earlier(until, deadline);
  never.wait_until(lock, stop, first.time(), [] { return false; });
  return !stop.stop_requested() && until.Passed();
}

}  // namespace kubediag::kube
