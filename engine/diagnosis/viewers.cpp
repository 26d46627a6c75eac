#include "engine/diagnosis/viewers.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/core/deadline.h"
#include "engine/diagnosis/run_lock.h"

namespace kubediag::diagnosis {
namespace {

// An operation that ends by its own clock a little before ours has not ended early.
constexpr std::chrono::seconds kExpirySlack{2};

}  // namespace

struct Viewers::Live {
  Viewer viewer;
  std::string uid;
  Ticket ticket;
  bool gone = false;   // under mutex_: nothing of it lives
  bool ended = false;  // under mutex_: and that has been told
  std::stop_source stop;
  std::jthread thread;
};

Viewers::Viewers(size_t capacity)
    : capacity_(capacity), taken_(std::make_shared<std::atomic<size_t>>(0)) {}

Viewers::~Viewers() { StopAll(); }

Viewers::Ticket Viewers::Reserve() {
  std::vector<Ticket> tickets = Reserve(1);
  return tickets.empty() ? nullptr : std::move(tickets.front());
}

std::vector<Viewers::Ticket> Viewers::Reserve(size_t count) {
  size_t taken = taken_->load();
  do {
    if (count > capacity_ || taken > capacity_ - count) return {};
  } while (!taken_->compare_exchange_weak(taken, taken + count));
  std::vector<Ticket> tickets(count);
  for (Ticket& ticket : tickets) {
    ticket = {static_cast<void*>(taken_.get()),
              [counter = taken_](void*) { counter->fetch_sub(1); }};
  }
  return tickets;
}

void Viewers::Add(Viewer viewer, Ticket ticket) {
  auto added = std::make_unique<Live>();
  added->uid = viewer.uid;
  added->viewer = std::move(viewer);
  added->ticket = std::move(ticket);
  std::list<std::unique_ptr<Live>> ended;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = live_.begin(); it != live_.end();) {
      const auto next = std::next(it);
      if ((*it)->ended) ended.splice(ended.end(), live_, it);
      it = next;
    }
    Live& live = *live_.emplace_back(std::move(added));
    live.thread = std::jthread([this, &live] { Watch(live); });
  }
  changed_.notify_all();
}

void Viewers::Watch(Live& live) {
  using std::chrono::system_clock;
  Viewer& viewer = live.viewer;
  const auto left =
      std::chrono::duration_cast<Deadline::Clock::duration>(viewer.expires - system_clock::now());
  const bool ended = viewer.run->WaitServing(
      Deadline::After(std::max(left, Deadline::Clock::duration::zero())), live.stop.get_token());
  ViewerEnd end = ViewerEnd::kExpired;
  if (live.stop.stop_requested()) {
    end = ViewerEnd::kStopped;
  } else if (ended && system_clock::now() + kExpirySlack < viewer.expires) {
    end = ViewerEnd::kExitedEarly;
  }
  viewer.run->Stop();
  viewer.run.reset();
  viewer.listen_socket.Reset();
  viewer.artifact_directory.Reset();
  viewer.module.reset();
  live.ticket.reset();
  {
    const std::lock_guard lock(mutex_);
    live.gone = true;
  }
  if (viewer.on_ended) viewer.on_ended(end, live.stop.get_token());
  viewer.on_ended = {};
  const std::lock_guard lock(mutex_);
  viewer.keep.reset();
  live.ended = true;
  changed_.notify_all();  // under the lock: after it, the destructor may be done with us
}

size_t Viewers::Count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::count_if(live_.begin(), live_.end(), [](const auto& live) { return !live->gone; }));
}

size_t Viewers::CountOf(const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(live_.begin(), live_.end(), [&uid](const auto& live) {
    return !live->gone && live->uid == uid;
  }));
}

bool Viewers::Serves(const std::string& uid, int64_t node) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(live_.begin(), live_.end(), [&](const auto& live) {
    return !live->gone && live->uid == uid && live->viewer.node == node;
  });
}

std::shared_ptr<RunLock> Viewers::KeptFor(const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(live_.begin(), live_.end(), [&uid](const auto& live) {
    return !live->ended && live->uid == uid;
  });
  return found == live_.end() ? nullptr : (*found)->viewer.keep;
}

bool Viewers::WaitUntilNone(std::stop_token stop) const {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, std::move(stop), [this] {
    return std::all_of(live_.begin(), live_.end(), [](const auto& live) { return live->ended; });
  });
}

void Viewers::StopIf(const std::function<bool(const Live&)>& chosen) {
  std::unique_lock lock(mutex_);
  std::list<std::unique_ptr<Live>> stopped;
  for (const auto& live : live_) {
    if (chosen(*live)) live->stop.request_stop();
  }
  changed_.wait(lock, [this, &chosen] {
    return std::all_of(live_.begin(), live_.end(),
                       [&chosen](const auto& live) { return live->ended || !chosen(*live); });
  });
  for (auto it = live_.begin(); it != live_.end();) {
    const auto next = std::next(it);
    if ((*it)->ended) stopped.splice(stopped.end(), live_, it);
    it = next;
  }
  lock.unlock();  // the threads are joined without it
}

void Viewers::Stop(const std::string& uid) {
  StopIf([&uid](const Live& live) { return live.uid == uid; });
}

void Viewers::StopAll() {
  StopIf([](const Live&) { return true; });
}

}  // namespace kubediag::diagnosis
