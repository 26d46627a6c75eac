#include "engine/controller/term.h"

#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "engine/controller/collector.h"
#include "engine/controller/loss_watch.h"
#include "engine/controller/node_assigner.h"
#include "engine/controller/node_directory.h"
#include "engine/controller/operation_set_worker.h"
#include "engine/core/limits.h"
#include "engine/kube/api_client.h"
#include "engine/kube/kube_store.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/reflector.h"
#include "engine/kube/work_queue.h"

namespace kubediag::controller {
namespace {

// Every change of a set is looked at.
class SetNews : public kube::WatchHandler {
 public:
  explicit SetNews(kube::WorkQueue& queue) : queue_(queue) {}
  void OnChange(const kube::Change& change) override {
    queue_.Add(kube::KeyOf(change.object->object));
  }

 private:
  kube::WorkQueue& queue_;
};

// Of Diagnoses only those that need a node are; the others are looked at in turns.
class DiagnosisNews : public kube::WatchHandler {
 public:
  DiagnosisNews(kube::WorkQueue& queue, NodeAssigner& assigner, kube::KubeStore& store)
      : queue_(queue), assigner_(assigner), store_(store) {}
  void OnChange(const kube::Change& change) override {
    const auto* diagnosis = std::get_if<api::Diagnosis>(&change.object->object);
    if (diagnosis == nullptr) return;
    if (change.type == kube::ChangeType::kRemoved) {
      store_.Forget(diagnosis->metadata.uid);
      return assigner_.Forget(diagnosis->metadata.uid);
    }
    if (NeedsNode(*diagnosis)) queue_.Add(kube::KeyOf(diagnosis->metadata));
  }

 private:
  kube::WorkQueue& queue_;
  NodeAssigner& assigner_;
  kube::KubeStore& store_;
};

kube::WatchedResource All(const kube::Resource& resource, seconds watch_timeout) {
  kube::WatchedResource watched;
  watched.resource = resource;
  watched.watch_timeout = watch_timeout;
  return watched;
}

}  // namespace

struct Term::State {
  explicit State(const TermParts& parts)
      : client(parts.transport, parts.registry),
        collecting_client(parts.transport, parts.registry,
                          {.requests_per_second = kCollectionRequestsPerSecond,
                           .burst = kCollectionRequestBurst}),
        store(client, parts.events, parts.registry,
              {.node_name = "", .stop = stopping.get_token()}),
        nodes(client, parts.clock),
        new_sets(parts.clock),
        unplaced(parts.clock),
        set_worker({.cache = sets,
                    .queue = new_sets,
                    .client = client,
                    .metrics = parts.metrics,
                    .logger = parts.logger}),
        assigner({.cache = diagnoses,
                  .queue = unplaced,
                  .client = client,
                  .store = store,
                  .events = parts.events,
                  .metrics = parts.metrics,
                  .logger = parts.logger,
                  .clock = parts.clock}),
        loss_watch({.cache = diagnoses,
                    .store = store,
                    .nodes = nodes,
                    .events = parts.events,
                    .metrics = parts.metrics,
                    .logger = parts.logger,
                    .clock = parts.clock,
                    .last_contact = [this] { return diagnosis_reflector.last_contact(); }}),
        collector({.rules = parts.rules,
                   .cache = diagnoses,
                   .client = collecting_client,
                   .nodes = nodes,
                   .metrics = parts.metrics,
                   .logger = parts.logger,
                   .clock = parts.clock}),
        set_news(new_sets),
        diagnosis_news(unplaced, assigner, store),
        set_reflector(All(kube::kOperationSets, parts.watch_timeout),
                      ReflectorParts(parts, sets, set_news)),
        diagnosis_reflector(All(kube::kDiagnoses, parts.watch_timeout),
                            ReflectorParts(parts, diagnoses, diagnosis_news)),
        metrics(parts.metrics) {
    store.set_on_written(
        [this](const api::Diagnosis& diagnosis) { diagnoses.RecordWrite(diagnosis); });
  }

  static kube::ReflectorParts ReflectorParts(const TermParts& parts, kube::ObjectCache& cache,
                                             kube::WatchHandler& handler) {
    return {.transport = parts.transport,
            .cache = cache,
            .handler = handler,
            .metrics = parts.registry,
            .logger = parts.logger,
            .clock = parts.clock,
            .random = kube::MakeRandomSource()};
  }

  template <typename Work>
  void Start(Work work) {
    threads.emplace_back([this, work] { work(stopping.get_token()); });
  }

  std::stop_source stopping;
  kube::ApiClient client;
  kube::ApiClient collecting_client;
  kube::KubeStore store;
  NodeDirectory nodes;
  kube::ObjectCache sets;
  kube::ObjectCache diagnoses;
  kube::WorkQueue new_sets;
  kube::WorkQueue unplaced;  // Diagnoses that need a node
  OperationSetWorker set_worker;
  NodeAssigner assigner;
  LossWatch loss_watch;
  Collector collector;
  SetNews set_news;
  DiagnosisNews diagnosis_news;
  kube::Reflector set_reflector;
  kube::Reflector diagnosis_reflector;
  ControllerMetrics& metrics;
  std::vector<std::jthread> threads;
};

Term::Term(const TermParts& parts) : state_(std::make_unique<State>(parts)) {
  State& state = *state_;
  state.Start([&state](const std::stop_token& stop) { state.set_reflector.Run(stop); });
  state.Start([&state](const std::stop_token& stop) { state.diagnosis_reflector.Run(stop); });
  state.Start([&state](const std::stop_token& stop) { state.set_worker.Work(stop); });
  for (size_t i = 0; i < kAssignmentWorkers; ++i) {
    state.Start([&state](const std::stop_token& stop) { state.assigner.Work(stop); });
  }
  state.Start([&state](const std::stop_token& stop) { state.loss_watch.Run(stop); });
  state.Start([&state](const std::stop_token& stop) { state.collector.Run(stop); });
}

Term::~Term() {
  state_->stopping.request_stop();
  state_->threads.clear();
  state_->metrics.SetOperationSets(0, 0);
}

bool Term::synced() const {
  return state_->set_reflector.synced() && state_->diagnosis_reflector.synced();
}

}  // namespace kubediag::controller
