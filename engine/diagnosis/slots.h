// Slots: how many operations may run at once on this node, over all Diagnoses. Thread-safe.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace kubediag::diagnosis {

class Slots {
 public:
  // Gives its place back when destroyed.
  class Slot {
   public:
    explicit Slot(Slots& slots) : slots_(&slots) {}
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) slots_->Release();
    }

   private:
    Slots* slots_;
  };

  explicit Slots(unsigned count) : free_(std::max(count, 1U)) {}

  // Waits for a free one; nullopt if `stop` came first.
  std::optional<Slot> Acquire(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!released_.wait(lock, stop, [this] { return free_ > 0; })) return std::nullopt;
    --free_;
    return std::optional<Slot>(std::in_place, *this);
  }

 private:
  void Release() {
    const std::lock_guard lock(mutex_);
    ++free_;
    released_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable_any released_;
  unsigned free_;
};

}  // namespace kubediag::diagnosis
