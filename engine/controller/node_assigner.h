// NodeAssigner: gives Diagnoses that name a Pod the Pod's node, and fails those that cannot have
// one. A refusal (403, 422) is tried again, since rights may come; an Event tells of it once it has
// lasted for kPodTimeout.
//
// Several threads may call Work(); a Diagnosis is in one of them at a time. Borrows all it is
// given. Writes carry the version they were decided on, so whatever changes meanwhile is decided
// anew.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/controller/assignment.h"
#include "engine/controller/controller_metrics.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/kube/api_client.h"
#include "engine/kube/clock.h"
#include "engine/kube/event_recorder.h"
#include "engine/kube/kube_store.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/work_queue.h"

namespace kubediag::controller {

struct AssignerParts {
  kube::ObjectCache& cache;
  kube::WorkQueue& queue;
  kube::ApiClient& client;
  kube::KubeStore& store;
  kube::EventRecorder& events;
  ControllerMetrics& metrics;
  Logger& logger;
  kube::Clock& clock;
};

class NodeAssigner {
 public:
  explicit NodeAssigner(AssignerParts parts) : parts_(parts) {}

  // Until the queue is shut down or `stop`.
  void Work(const std::stop_token& stop);
  // One Diagnosis.
  void Handle(const kube::ObjectKey& key, const std::stop_token& stop);
  // The object is gone.
  void Forget(const std::string& uid);

 private:
  struct Wait {
    kube::Clock::Duration waited{};
    std::optional<kube::Clock::TimePoint> seen;           // the last look, if it was answered
    std::optional<kube::Clock::TimePoint> refused_since;  // what has to be asked or written
  };

  Result<PodView> LookAt(const api::PodReference& reference, const std::stop_token& stop);
  // For how long its Pod has been looked for in vain; time in which nothing could be seen is none.
  kube::Clock::Duration Waited(const std::string& uid);
  // These write, and leave `diagnosis` as it then is.
  Status TellPending(api::Diagnosis& diagnosis);
  Status Assign(api::Diagnosis& diagnosis, const std::string& node_name,
                const std::stop_token& stop);
  Status Fail(api::Diagnosis& diagnosis, const Status& failure);
  void TakeError(const kube::ObjectKey& key, const api::Diagnosis& diagnosis, const Status& error);
  void TakeRefusal(const api::Diagnosis& diagnosis, const Status& error);
  void Tell(const api::Diagnosis& diagnosis, const store::Event& event);

  AssignerParts parts_;
  std::mutex mutex_;
  std::map<std::string, Wait> waits_;  // by uid
};

}  // namespace kubediag::controller
