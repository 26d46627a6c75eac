// WorkQueue: which objects are to be looked at, each at most once at a time.
//
// Thread-safe. Holds keys, not objects, so news merges: a key that waits is not added twice, and
// one that is being worked on comes again once its worker is done. Namespaces take turns, so one
// that has thousands does not keep the others waiting. Borrows its clock.
//
//   while (auto key = queue.Take(stop)) {
//     Work(*key) ? queue.Forget(*key) : queue.AddAfterFailure(*key);
//     queue.Done(*key);
//   }
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>

#include "engine/kube/clock.h"
#include "engine/kube/object_key.h"
#include "engine/kube/retry_delay.h"

namespace kubediag::kube {

class WorkQueue {
 public:
  explicit WorkQueue(const Clock& clock);

  void Add(const ObjectKey& key);
  // Once `delay` has passed; of several times for a key the earliest counts.
  void AddAfter(const ObjectKey& key, Clock::Duration delay);
  // Later with each failure of this key, and not more often than the whole queue may retry.
  void AddAfterFailure(const ObjectKey& key);
  // The key has succeeded, or its object is gone: its failures no longer count.
  void Forget(const ObjectKey& key);

  // Waits for a key. nullopt: stopped, or shut down and nothing left.
  std::optional<ObjectKey> Take(const std::stop_token& stop);
  // The same without waiting.
  std::optional<ObjectKey> TryTake();
  // Every key that was taken is handed back with this, whatever came of it.
  void Done(const ObjectKey& key);

  // Takes no new keys and drops those that are due later; what waits now is still handed out.
  void ShutDown();
  // Waits until nothing waits and nobody works. False if stopped before.
  bool WaitUntilIdle(const std::stop_token& stop);

  size_t waiting() const;                           // keys that can be taken now
  std::optional<Clock::TimePoint> NextDue() const;  // when the earliest of the later keys is due

 private:
  using Lock = std::unique_lock<std::mutex>;

  void AddLocked(const ObjectKey& key);
  void AddAtLocked(const ObjectKey& key, Clock::TimePoint due);
  void AddDueLocked();
  void PushLocked(const ObjectKey& key);
  std::optional<ObjectKey> TakeLocked();
  void ChangedLocked();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, std::deque<ObjectKey>> ready_;  // by namespace, none empty
  std::deque<std::string> turns_;                       // the namespaces of ready_
  size_t ready_count_ = 0;
  std::set<ObjectKey> dirty_;  // to be worked on: in ready_, or once their worker is done
  std::set<ObjectKey> working_;
  std::map<ObjectKey, Clock::TimePoint> due_;
  std::set<std::pair<Clock::TimePoint, ObjectKey>> due_order_;
  RetryDelay retry_delay_;
  uint64_t changes_ = 0;
  bool shut_down_ = false;
};

}  // namespace kubediag::kube
