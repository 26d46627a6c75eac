// RetryDelay: when a key that failed is tried again: exponentially later for each, and all keys
// together no more often than a steady rate with a burst.
//
// Not thread-safe. Remembers the keys that have failed and were not forgotten.
#pragma once

#include <map>

#include "engine/kube/clock.h"
#include "engine/kube/object_key.h"

namespace kubediag::kube {

class RetryDelay {
 public:
  // Counts one more failure of the key and takes one turn of the common rate.
  Clock::Duration Next(const ObjectKey& key, Clock::TimePoint now);
  void Forget(const ObjectKey& key) { failures_.erase(key); }
  size_t remembered() const { return failures_.size(); }

 private:
  Clock::Duration TakeTurn(Clock::TimePoint now);

  std::map<ObjectKey, unsigned> failures_;
  Clock::TimePoint next_turn_{};  // when the turns taken so far will all have been earned
};

}  // namespace kubediag::kube
