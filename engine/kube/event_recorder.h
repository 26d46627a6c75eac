// EventRecorder: tells people, as Events of events.k8s.io/v1, what happened to an object.
//
// Record() never blocks and never fails: a thread of its own sends, at its own slow rate, so that a
// server that is away or refuses delays nobody. What is lost is counted
// (kubediag_events_dropped_total{reason}). The same event again is not another object but one more
// in its series. Thread-safe; borrows transport and registry. Its end waits kEventDrainTimeout for
// what is queued.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/kube/api_client.h"
#include "engine/kube/event_series.h"
#include "engine/metrics/registry.h"
#include "engine/store/store.h"

namespace kubediag::kube {

struct EventRecorderOptions {
  std::string controller;  // "diagnosis.kubediag.org/agent"
  std::string instance;    // the node or Pod: which one of several
  double per_second = kEventsPerSecond;
  double burst = kEventBurst;
};

class EventRecorder {
 public:
  EventRecorder(Transport& transport, metrics::Registry& registry,
                const EventRecorderOptions& options);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  // `action` is what was being done: "Diagnose", "AssignNode".
  void Record(const Regarding& regarding, const std::string& action, const store::Event& event);

  // Waits until all that was recorded before has been sent or dropped.
  bool Flush(Deadline deadline);

 private:
  void Run(const std::stop_token& stop);
  void Send(const EventWrite& write, const std::stop_token& stop);
  void Drop(const std::string& reason);

  metrics::Registry& registry_;
  ApiClient client_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Occurrence> queue_;
  bool sending_ = false;
  EventSeries series_;  // the thread's
  std::stop_source give_up_;
  std::jthread thread_;
};

}  // namespace kubediag::kube
