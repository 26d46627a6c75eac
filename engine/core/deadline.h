// Deadline: a point on CLOCK_MONOTONIC by which something must have ended. Wall-clock jumps never
// move it.
//
// A value type; all methods are const and may be called from several threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace kubediag {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC on Linux, as the operation ABI needs

  static Deadline Never() { return Deadline(Clock::time_point::max()); }
  static Deadline After(Clock::duration duration) { return Deadline(Clock::now() + duration); }
  static Deadline At(Clock::time_point time) { return Deadline(time); }
  // `nanoseconds` as the ABI counts them; 0 means never.
  static Deadline FromMonotonicNanoseconds(uint64_t nanoseconds) {
    if (nanoseconds == 0) return Never();
    return Deadline(Clock::time_point(std::chrono::nanoseconds(nanoseconds)));
  }

  bool IsNever() const { return time_ == Clock::time_point::max(); }
  bool Passed() const { return !IsNever() && Clock::now() >= time_; }
  Clock::time_point time() const { return time_; }

  // Time left, never negative; Clock::duration::max() if the deadline never comes.
  Clock::duration Left() const {
    if (IsNever()) return Clock::duration::max();
    return std::max(Clock::duration::zero(), time_ - Clock::now());
  }
  // For poll(2): whole milliseconds rounded up, -1 if the deadline never comes, at most INT32_MAX.
  int PollTimeout() const;
  // 0 if the deadline never comes.
  uint64_t ToMonotonicNanoseconds() const;

  static Deadline Earlier(Deadline a, Deadline b) { return a.time_ < b.time_ ? a : b; }

 private:
  explicit Deadline(Clock::time_point time) : time_(time) {}
  Clock::time_point time_;
};

}  // namespace kubediag
