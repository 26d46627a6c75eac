// Clock: time as the watching side sees it, injected so that tests need no waiting.
//
// Thread-safe. Now() is for intervals: it never jumps, and it goes on while the machine is
// suspended (CLOCK_BOOTTIME), since the rest of the cluster does too. WallNow() is for what people
// read and for nothing else.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

namespace kubediag::kube {

// CLOCK_BOOTTIME, as a clock of its own so that its times do not mix with those of other clocks.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock, duration>;
  static constexpr bool is_steady = true;
  static time_point now();
};

class Clock {
 public:
  using TimePoint = BootClock::time_point;
  using Duration = BootClock::duration;

  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
  virtual std::chrono::system_clock::time_point WallNow() const = 0;
  // False if stopped before the time was up.
  virtual bool Sleep(Duration duration, const std::stop_token& stop) = 0;
};

// The machine's clock; lives as long as the program.
Clock& SystemClock();

// Evenly distributed in [0, 1): what jitter is made of. Called by one thread at a time.
using RandomSource = std::function<double()>;
// Seeded by the kernel, so that agents that lose one server together come back one by one.
RandomSource MakeRandomSource();

}  // namespace kubediag::kube
