// Collector: deletes finished Diagnoses by age, number and size.
//
// One thread calls Run(). Borrows all it is given. A deletion names uid and version, so what has
// changed or was made anew under the name stays until the next look.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <utility>

#include "engine/controller/collection.h"
#include "engine/controller/controller_metrics.h"
#include "engine/controller/node_directory.h"
#include "engine/core/logging.h"
#include "engine/kube/api_client.h"
#include "engine/kube/clock.h"
#include "engine/kube/object_cache.h"

namespace kubediag::controller {

struct CollectorParts {
  const CollectionRules rules;
  kube::ObjectCache& cache;
  kube::ApiClient& client;
  NodeDirectory& nodes;
  ControllerMetrics& metrics;
  Logger& logger;
  kube::Clock& clock;
};

class Collector {
 public:
  explicit Collector(CollectorParts parts) : parts_(std::move(parts)) {}

  // Every CollectionInterval().
  void Run(const std::stop_token& stop);
  // Once.
  void Collect(const std::stop_token& stop);

 private:
  bool Serves(const api::Diagnosis& diagnosis, api::Time now, const std::stop_token& stop);
  Status Delete(const api::Diagnosis& diagnosis, const char* cause, const std::stop_token& stop);

  CollectorParts parts_;
  std::map<std::string, kube::Clock::TimePoint> ended_since_;  // first seen so, by uid
};

}  // namespace kubediag::controller
