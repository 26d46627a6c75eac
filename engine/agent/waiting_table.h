// WaitingTable: Diagnoses that cannot start yet for a reason that may pass, since when and why.
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "engine/kube/clock.h"

namespace kubediag::agent {

struct Waiting {
  kube::Clock::TimePoint since;
  std::string message;  // why, for people
};

class WaitingTable {
 public:
  // The first note of a uid sets its time; later ones only the message. Returns the entry.
  Waiting Note(const std::string& uid, const std::string& message, kube::Clock::TimePoint now) {
    const std::lock_guard lock(mutex_);
    Waiting& entry = entries_.try_emplace(uid, Waiting{.since = now, .message = {}}).first->second;
    entry.message = message;
    return entry;
  }
  void Forget(const std::string& uid) {
    const std::lock_guard lock(mutex_);
    entries_.erase(uid);
  }
  std::optional<Waiting> Find(const std::string& uid) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(uid);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Waiting> entries_;
};

}  // namespace kubediag::agent
