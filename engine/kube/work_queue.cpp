#include "engine/kube/work_queue.h"

#include <algorithm>

namespace kubediag::kube {

WorkQueue::WorkQueue(const Clock& clock) : clock_(clock) {}

void WorkQueue::Add(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  if (!shut_down_) AddLocked(key);
}

void WorkQueue::AddAfter(const ObjectKey& key, Clock::Duration delay) {
  const std::lock_guard lock(mutex_);
  if (shut_down_) return;
  if (delay <= Clock::Duration::zero()) return AddLocked(key);
  AddAtLocked(key, clock_.Now() + delay);
}

void WorkQueue::AddAfterFailure(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  if (shut_down_) return;
  const Clock::TimePoint now = clock_.Now();
  AddAtLocked(key, now + retry_delay_.Next(key, now));
}

void WorkQueue::Forget(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  retry_delay_.Forget(key);
}

std::optional<ObjectKey> WorkQueue::Take(const std::stop_token& stop) {
  Lock lock(mutex_);
  while (!stop.stop_requested()) {
    AddDueLocked();
    if (auto key = TakeLocked()) return key;
    if (shut_down_) return std::nullopt;
    const uint64_t seen = changes_;
    const auto changed = [&] { return changes_ != seen; };
    if (due_order_.empty()) {
      changed_.wait(lock, stop, changed);
    } else {
      changed_.wait_for(lock, stop, due_order_.begin()->first - clock_.Now(), changed);
    }
  }
  return std::nullopt;
}

std::optional<ObjectKey> WorkQueue::TryTake() {
  const std::lock_guard lock(mutex_);
  AddDueLocked();
  return TakeLocked();
}

void WorkQueue::Done(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  if (working_.erase(key) == 0) return;
  if (dirty_.contains(key)) PushLocked(key);
  ChangedLocked();
}

void WorkQueue::ShutDown() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  due_.clear();
  due_order_.clear();
  ChangedLocked();
}

bool WorkQueue::WaitUntilIdle(const std::stop_token& stop) {
  Lock lock(mutex_);
  return changed_.wait(lock, stop, [&] { return ready_count_ == 0 && working_.empty(); });
}

size_t WorkQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return ready_count_;
}

std::optional<Clock::TimePoint> WorkQueue::NextDue() const {
  const std::lock_guard lock(mutex_);
  if (due_order_.empty()) return std::nullopt;
  return due_order_.begin()->first;
}

void WorkQueue::AddLocked(const ObjectKey& key) {
  if (!dirty_.insert(key).second || working_.contains(key)) return;
  PushLocked(key);
  ChangedLocked();
}

void WorkQueue::AddAtLocked(const ObjectKey& key, Clock::TimePoint due) {
  const auto [known, is_new] = due_.try_emplace(key, due);
  if (!is_new) {
    if (known->second <= due) return;
    due_order_.erase({known->second, key});
    known->second = due;
  }
  due_order_.insert({due, key});
  ChangedLocked();
}

void WorkQueue::AddDueLocked() {
  const Clock::TimePoint now = clock_.Now();
  while (!due_order_.empty() && due_order_.begin()->first <= now) {
    const ObjectKey key = due_order_.begin()->second;
    due_order_.erase(due_order_.begin());
    due_.erase(key);
    AddLocked(key);
  }
}

void WorkQueue::PushLocked(const ObjectKey& key) {
  std::deque<ObjectKey>& keys = ready_[key.namespace_name];
  if (keys.empty()) turns_.push_back(key.namespace_name);
  keys.push_back(key);
  ++ready_count_;
}

std::optional<ObjectKey> WorkQueue::TakeLocked() {
  if (turns_.empty()) return std::nullopt;
  const auto turn = ready_.find(turns_.front());
  turns_.pop_front();
  ObjectKey key = std::move(turn->second.front());
  turn->second.pop_front();
  --ready_count_;
  if (turn->second.empty()) {
    ready_.erase(turn);
  } else {
    turns_.push_back(turn->first);
  }
  dirty_.erase(key);
  working_.insert(key);
  return key;
}

void WorkQueue::ChangedLocked() {
  ++changes_;
  changed_.notify_all();
}

}  // namespace kubediag::kube
