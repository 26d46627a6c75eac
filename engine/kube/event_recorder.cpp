#include "engine/kube/event_recorder.h"

#include <optional>
#include <utility>
#include <vector>

#include "engine/kube/api_error.h"

namespace kubediag::kube {

EventRecorder::EventRecorder(Transport& transport, metrics::Registry& registry,
                             const EventRecorderOptions& options)
    : registry_(registry),
      client_(transport, registry,
              {.requests_per_second = options.per_second, .burst = options.burst}),
      series_(options.controller, options.instance),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

EventRecorder::~EventRecorder() {
  Flush(Deadline::After(kEventDrainTimeout));
  give_up_.request_stop();
  thread_.request_stop();
  thread_.join();
}

void EventRecorder::Record(const Regarding& regarding, const std::string& action,
                           const store::Event& event) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < kMaxQueuedEvents) {
      queue_.push_back({regarding, action, event, std::chrono::system_clock::now()});
      changed_.notify_all();
      return;
    }
  }
  Drop("QueueFull");
}

bool EventRecorder::Flush(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline.time(), [this] { return queue_.empty() && !sending_; });
}

void EventRecorder::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_until(lock, stop, series_.NextDue(), [this] { return !queue_.empty(); });
    if (stop.stop_requested()) return;
    std::vector<EventWrite> writes;
    const auto now = Deadline::Clock::now();
    if (queue_.empty()) {
      writes = series_.Due(now);
    } else {
      std::optional<EventWrite> write = series_.Add(queue_.front(), now);
      queue_.pop_front();
      if (write) writes.push_back(*std::move(write));
    }
    sending_ = true;
    lock.unlock();
    for (const EventWrite& write : writes) Send(write, give_up_.get_token());
    lock.lock();
    sending_ = false;
    changed_.notify_all();
  }
}

void EventRecorder::Send(const EventWrite& write, const std::stop_token& stop) {
  const Call call{.deadline = Deadline::After(kEventTryTimeout), .stop = stop};
  Status sent;
  if (!write.is_new) {
    sent = client_.MergePatch(kEvents, write.namespace_name, write.name, "", write.patch, call)
               .status();
    // It has expired meanwhile, or never arrived.
    if (sent.code() != StatusCode::kNotFound) {
      if (!sent.ok()) Drop(sent.reason());
      return;
    }
  }
  sent = client_.Create(kEvents, write.namespace_name, write.body, call).status();
  // An earlier try's.
  if (sent.ok() || sent.code() == StatusCode::kAlreadyExists) return;
  Drop(sent.reason());
}

void EventRecorder::Drop(const std::string& reason) {
  registry_
      .MakeCounter("kubediag_events_dropped_total", "Events that could not be told.",
                   {{"reason", reason}})
      .Add();
}

}  // namespace kubediag::kube
