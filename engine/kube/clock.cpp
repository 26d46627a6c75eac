#include "engine/kube/clock.h"

#include <time.h>

#include <condition_variable>
#include <mutex>
#include <random>

namespace kubediag::kube {
namespace {

class MachineClock : public Clock {
 public:
  TimePoint Now() const override { return BootClock::now(); }
  std::chrono::system_clock::time_point WallNow() const override {
    return std::chrono::system_clock::now();
  }
  bool Sleep(Duration duration, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
  }
};

}  // namespace

BootClock::time_point BootClock::now() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);  // cannot fail: the clock exists since Linux 2.6.39
  return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

Clock& SystemClock() {
  static MachineClock clock;
  return clock;
}

RandomSource MakeRandomSource() {
  std::random_device kernel;
  return [engine = std::minstd_rand(kernel())]() mutable {
    return std::generate_canonical<double, 24>(engine);
  };
}

}  // namespace kubediag::kube
