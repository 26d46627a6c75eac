// CancelTimer: the descriptor that tells a run to end, by itself at a given time or when cancelled.
//
// Thread-safe; Cancel() may be called from a signal handler.
#pragma once

#include <atomic>
#include <chrono>

#include "engine/core/deadline.h"
#include "engine/core/unique_fd.h"

namespace kubediag::operation {

class CancelTimer {
 public:
  CancelTimer();  // never fires until told otherwise
  CancelTimer(const CancelTimer&) = delete;
  CancelTimer& operator=(const CancelTimer&) = delete;

  // Fires at `deadline` instead of the time set before. No effect once cancelled.
  void FireAt(Deadline deadline);
  void Cancel();

  bool fired() const;
  // Readable from the moment it has fired; never to be read from.
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace kubediag::operation
