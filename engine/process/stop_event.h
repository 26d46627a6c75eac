// StopEvent: a descriptor for poll(2) that becomes readable when a stop is requested.
//
// Thread-safe. Never read from the descriptor.
#pragma once

#include <functional>
#include <stop_token>

#include "engine/core/unique_fd.h"

namespace kubediag::process {

class StopEvent {
 public:
  // Fires with `stop`, or by Fire(), whichever comes first.
  explicit StopEvent(std::stop_token stop = {});

  StopEvent(const StopEvent&) = delete;
  StopEvent& operator=(const StopEvent&) = delete;

  void Fire() const;  // async-signal-safe
  bool fired() const;
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace kubediag::process
