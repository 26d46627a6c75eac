// LossWatch: fails the Diagnoses whose agent is not there any more.
//
// One thread calls Run(). Borrows all it is given. Time is this process' own and begins with it, so
// no clock of another machine is believed. Time in which the API server could not be heard does not
// count: all agents would look lost after it. A verdict carries the version it was made of, so an
// agent that writes meanwhile wins.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "engine/controller/controller_metrics.h"
#include "engine/controller/node_directory.h"
#include "engine/controller/silence_table.h"
#include "engine/core/logging.h"
#include "engine/kube/clock.h"
#include "engine/kube/event_recorder.h"
#include "engine/kube/kube_store.h"
#include "engine/kube/object_cache.h"

namespace kubediag::controller {

struct LossParts {
  kube::ObjectCache& cache;
  kube::KubeStore& store;
  NodeDirectory& nodes;
  kube::EventRecorder& events;
  ControllerMetrics& metrics;
  Logger& logger;
  kube::Clock& clock;
  // When the server last said anything about Diagnoses.
  std::function<kube::Clock::TimePoint()> last_contact;
};

class LossWatch {
 public:
  explicit LossWatch(LossParts parts) : parts_(std::move(parts)) {}

  // A turn every kLossInterval.
  void Run(const std::stop_token& stop);
  // One turn.
  void Look(const std::stop_token& stop);

 private:
  bool WasAway(kube::Clock::TimePoint now);
  void Judge(const api::Diagnosis& diagnosis, kube::Clock::TimePoint now,
             const std::stop_token& stop);
  void Fail(api::Diagnosis diagnosis, const Status& loss);

  LossParts parts_;
  SilenceTable silence_;
  std::optional<kube::Clock::TimePoint> last_look_;
};

}  // namespace kubediag::controller
