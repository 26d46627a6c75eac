#include "engine/kube/micro_time.h"

#include <cstdio>

#include "engine/core/rfc3339.h"

namespace kubediag::kube {

std::string FormatMicroTime(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - whole).count();
  char fraction[16];
  std::snprintf(fraction, sizeof(fraction), ".%06dZ", static_cast<int>(micros));
  std::string text = FormatRfc3339(whole);
  text.pop_back();  // the Z
  return text + fraction;
}

}  // namespace kubediag::kube
