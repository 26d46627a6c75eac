#include "engine/operation/cancel_timer.h"

#include <poll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace kubediag::operation {
namespace {

void Arm(int fd, uint64_t monotonic_nanoseconds) {
  constexpr uint64_t kSecond = 1'000'000'000;
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(monotonic_nanoseconds / kSecond);
  when.it_value.tv_nsec = static_cast<long>(monotonic_nanoseconds % kSecond);
  timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace

CancelTimer::CancelTimer() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!fd_.valid()) std::abort();  // a run that cannot be ended must not begin
}

void CancelTimer::FireAt(Deadline deadline) {
  Arm(fd_.get(), deadline.ToMonotonicNanoseconds());  // 0 disarms
  if (cancelled_) Arm(fd_.get(), 1);
}

void CancelTimer::Cancel() {
  cancelled_ = true;
  Arm(fd_.get(), 1);  // long ago
}

bool CancelTimer::fired() const {
  pollfd entry{fd_.get(), POLLIN, 0};
  return poll(&entry, 1, 0) > 0;
}

}  // namespace kubediag::operation
