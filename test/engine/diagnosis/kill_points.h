// Kill points: the test program interposes write(2), fdatasync(2) and fsync(2), and can die by
// SIGKILL at any one of their calls: before it, in the middle of its bytes, or after it.
#pragma once

#include <cstddef>

namespace kubediag::diagnosis {

enum class KillMoment { kBefore, kHalfway, kAfter };

// From now on, this process dies at its `call`th (from 0) interposed call.
void DieAt(size_t call, KillMoment moment);
// Interposed calls since the program began, or since DieAt.
size_t KillPointCount();

}  // namespace kubediag::diagnosis
