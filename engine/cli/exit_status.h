// What the command's exit status says.
#pragma once

namespace kubediag::cli {

inline constexpr int kExitSuccess = 0;  // all Succeeded; nothing wrong
inline constexpr int kExitFailure = 1;  // a Diagnosis Failed, or the machine would not let us
inline constexpr int kExitUsage = 2;    // bad usage or invalid objects

}  // namespace kubediag::cli
