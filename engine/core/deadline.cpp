#include "engine/core/deadline.h"

#include <limits>

namespace kubediag {

int Deadline::PollTimeout() const {
  if (IsNever()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(Left()).count();
  return static_cast<int>(std::min<int64_t>(left, std::numeric_limits<int32_t>::max()));
}

uint64_t Deadline::ToMonotonicNanoseconds() const {
  if (IsNever()) return 0;
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time_.time_since_epoch()).count());
}

}  // namespace kubediag
