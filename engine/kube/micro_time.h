// Times as Leases and Events have them: metav1.MicroTime.
#pragma once

#include <chrono>
#include <string>

namespace kubediag::kube {

// "2026-11-23T15:31:27.000123Z".
std::string FormatMicroTime(std::chrono::system_clock::time_point time);

}  // namespace kubediag::kube
