// FakeClock: time that passes when a test says so, and by as much as is slept.
#pragma once

#include <atomic>
#include <vector>

#include "engine/kube/clock.h"

namespace kubediag::kube {

class FakeClock : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_)); }
  std::chrono::system_clock::time_point WallNow() const override {
    return std::chrono::system_clock::time_point(std::chrono::microseconds(1'700'000'000'000'123));
  }
  bool Sleep(Duration duration, const std::stop_token& stop) override {
    sleeps_.push_back(duration);
    Advance(duration);
    return !stop.stop_requested();
  }

  void Advance(Duration duration) { now_ += duration.count(); }
  const std::vector<Duration>& sleeps() const { return sleeps_; }
  Duration slept() const {
    Duration sum{};
    for (const Duration duration : sleeps_) sum += duration;
    return sum;
  }

 private:
  std::atomic<Duration::rep> now_ = Duration(std::chrono::hours(1)).count();
  std::vector<Duration> sleeps_;
};

// No jitter at all, and half of what there can be.
inline RandomSource NoRandom() {
  return [] { return 0.0; };
}
inline RandomSource HalfRandom() {
  return [] { return 0.5; };
}

}  // namespace kubediag::kube
