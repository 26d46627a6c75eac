// WaitingTable: Diagnoses that have not run yet: since when they are known, and, of those that
// cannot start for a reason that may pass, why and since when. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "engine/kube/clock.h"

namespace kubediag::agent {

struct Waiting {
  kube::Clock::TimePoint since;
  std::string reason;   // one word
  std::string message;  // why, for people
};

class WaitingTable {
 public:
  // Sets when it came, unless that is known. Returns it.
  kube::Clock::TimePoint Arrive(const std::string& uid, kube::Clock::TimePoint now) {
    const std::lock_guard lock(mutex_);
    return arrivals_.try_emplace(uid, now).first->second;
  }
  std::optional<kube::Clock::TimePoint> ArrivalOf(const std::string& uid) const {
    const std::lock_guard lock(mutex_);
    const auto found = arrivals_.find(uid);
    return found == arrivals_.end() ? std::nullopt : std::optional(found->second);
  }
  // The first note of a reason sets its time; later ones only the message. Returns the entry.
  Waiting Note(const std::string& uid, const std::string& reason, const std::string& message,
               kube::Clock::TimePoint now) {
    const std::lock_guard lock(mutex_);
    Waiting& entry =
        entries_.try_emplace(uid, Waiting{.since = now, .reason = reason, .message = {}})
            .first->second;
    if (entry.reason != reason) entry = {.since = now, .reason = reason, .message = {}};
    entry.message = message;
    return entry;
  }
  void Forget(const std::string& uid) {
    const std::lock_guard lock(mutex_);
    entries_.erase(uid);
    arrivals_.erase(uid);
  }
  std::optional<Waiting> Find(const std::string& uid) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(uid);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Waiting> entries_;
  std::map<std::string, kube::Clock::TimePoint> arrivals_;
};

}  // namespace kubediag::agent
