#include "engine/agent/agent.h"

#include <fcntl.h>
#include <sys/file.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "engine/agent/agent_metrics.h"
#include "engine/agent/announcer.h"
#include "engine/agent/diagnosis_worker.h"
#include "engine/agent/next_step.h"
#include "engine/agent/node_store.h"
#include "engine/agent/run_table.h"
#include "engine/agent/waiting_table.h"
#include "engine/api/diagnosis_status.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/http/probes.h"
#include "engine/kube/api_client.h"
#include "engine/kube/event_recorder.h"
#include "engine/kube/kube_store.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/reflector.h"
#include "engine/kube/work_queue.h"

namespace kubediag::agent {
namespace {

// Held until it is closed, by the kernel at the latest.
Result<UniqueFd> LockDataRoot(const std::string& path) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd root, MakeDirectory(path));
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd lock, OpenAt(root.get(), "agent.lock", O_RDWR | O_CREAT));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return Status::FromErrno("lock " + path + "/agent.lock", errno);
  return Status::FailedPrecondition("another agent uses the data root " + path)
      .WithReason("DataRootInUse");
}

kube::WatchedResource DiagnosesOf(const AgentOptions& options) {
  const std::string& node = options.executor.node_name;
  kube::WatchedResource resource;
  resource.resource = kube::kDiagnoses;
  resource.field_selector = "spec.nodeName=" + node;
  resource.is_selected = [node](const api::Object& object) {
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object);
    return diagnosis != nullptr && diagnosis->spec.node_name == node;
  };
  resource.watch_timeout = options.watch_timeout;
  return resource;
}

}  // namespace

struct Agent::State : kube::WatchHandler {
  State(AgentOptions given, AgentParts parts, UniqueFd data_root_lock)
      : options(std::move(given)),
        logger(parts.logger),
        lock(std::move(data_root_lock)),
        metrics(parts.registry),
        queue(kube::SystemClock()),
        restores(kube::SystemClock()),
        removed(kube::SystemClock()),
        client(parts.transport, parts.registry),
        events(
            parts.transport, parts.registry,
            {.controller = "diagnosis.kubediag.org/agent", .instance = options.executor.node_name}),
        store(client, events, parts.registry,
              {.node_name = options.executor.node_name, .stop = stopping.get_token()}),
        announcing_client(
            parts.transport, parts.registry,
            {.requests_per_second = kAnnouncementsPerSecond, .burst = kAnnouncementBurst}),
        announcing_store(announcing_client, events, parts.registry,
                         {.node_name = options.executor.node_name, .stop = stopping.get_token()}),
        node_store(store, cache, [this] { return synced.load(); }),
        executor(node_store, parts.catalog, parts.runner, options.executor, parts.logger),
        worker({.node_name = options.executor.node_name,
                .instance = options.executor.instance,
                .cache = cache,
                .queue = queue,
                .restores = restores,
                .store = store,
                .executor = executor,
                .runs = runs,
                .waiting = waiting,
                .metrics = metrics,
                .logger = parts.logger,
                .clock = kube::SystemClock()}),
        announcer({.node_name = options.executor.node_name,
                   .instance = options.executor.instance,
                   .concurrency = options.executor.limits.concurrent_operations,
                   .cache = cache,
                   .store = announcing_store,
                   .executor = executor,
                   .runs = runs,
                   .waiting = waiting,
                   .metrics = metrics,
                   .logger = parts.logger,
                   .clock = kube::SystemClock()}),
        reflector(DiagnosesOf(options), {.transport = parts.transport,
                                         .cache = cache,
                                         .handler = *this,
                                         .metrics = parts.registry,
                                         .logger = parts.logger,
                                         .clock = kube::SystemClock(),
                                         .random = kube::MakeRandomSource()}) {
    store.set_on_written([this](const api::Diagnosis& diagnosis) { cache.RecordWrite(diagnosis); });
    announcing_store.set_on_written([this](const api::Diagnosis& diagnosis) {
      cache.RecordWrite(diagnosis);
      store.Remember(diagnosis);
    });
  }

  void OnChange(const kube::Change& change) override;
  void OnSynced() override { synced = true; }
  std::string Unready() const;
  std::string Unhealthy() const;
  void EndRemoved(const std::stop_token& stop);
  void SweepOnceRestored(const std::stop_token& stop);

  const AgentOptions options;
  Logger& logger;
  const UniqueFd lock;
  std::stop_source stopping;
  // What is told of writes and ends of pages outlives the executor, which may tell until it ends.
  AgentMetrics metrics;
  kube::ObjectCache cache;
  std::atomic<bool> synced = false;
  kube::WorkQueue queue;
  kube::WorkQueue restores;  // those that have ended, whose pages may be served still
  kube::WorkQueue removed;   // uids whose pages are to end
  RunTable runs;
  WaitingTable waiting;
  kube::ApiClient client;
  kube::EventRecorder events;
  kube::KubeStore store;
  kube::ApiClient announcing_client;
  kube::KubeStore announcing_store;
  NodeStore node_store;
  diagnosis::Executor executor;
  DiagnosisWorker worker;
  Announcer announcer;
  kube::Reflector reflector;
  std::unique_ptr<http::Probes> probes;
};

void Agent::State::OnChange(const kube::Change& change) {
  const auto* diagnosis = std::get_if<api::Diagnosis>(&change.object->object);
  if (diagnosis == nullptr) return;
  const std::string& uid = diagnosis->metadata.uid;
  if (change.type == kube::ChangeType::kRemoved) {
    // Deleted, or no longer of this node: either way not ours to go on with.
    runs.Cancel(uid, diagnosis::CancelCause::kDeleted);
    worker.Forget(uid);
    store.Forget(uid);
    announcing_store.Forget(uid);
    removed.Add({.namespace_name = "", .name = uid});
    return;
  }
  store.Remember(*diagnosis);
  if (api::HasEnded(diagnosis->status.phase)) announcing_store.Forget(uid);
  if (const auto cause = CauseToEnd(*diagnosis); cause != diagnosis::CancelCause::kNone) {
    runs.Cancel(uid, cause);
  }
  const kube::ObjectKey key = kube::KeyOf(diagnosis->metadata);
  const Step step = NextStep(
      *diagnosis, {.node_name = options.executor.node_name, .instance = options.executor.instance});
  if (step == Step::kRun) waiting.Arrive(uid, kube::SystemClock().Now());
  (step == Step::kRestore ? restores : queue).Add(key);
}

// A page ends with its Diagnosis; ending a process takes longer than the watch may wait.
void Agent::State::EndRemoved(const std::stop_token& stop) {
  while (const auto uid = removed.Take(stop)) {
    executor.viewers().Stop(uid->name);
    removed.Done(*uid);
  }
}

// What the first list told of is served again before anything of it could be swept away; not more
// is waited for: a node may never be idle.
void Agent::State::SweepOnceRestored(const std::stop_token& stop) {
  while (!synced) {
    if (!kube::SystemClock().Sleep(kAnnounceInterval, stop)) return;
  }
  while (restores.WaitUntilIdle(stop)) {
    if (!restores.NextDue()) {
      return executor.SweepInBackground([this](const diagnosis::Retention::Removed& swept) {
        if (swept.left) metrics.data_bytes.Set(static_cast<double>(*swept.left));
      });
    }
    if (!kube::SystemClock().Sleep(kAnnounceInterval, stop)) return;
  }
}

std::string Agent::State::Unready() const {
  return synced ? "" : "the diagnoses of this node have not been read yet";
}

std::string Agent::State::Unhealthy() const {
  // An API server that is away is no reason to restart the agent: its runs go on, and so does this.
  const bool is_stuck = kube::SystemClock().Now() - announcer.last_step() >= kStuckAfter;
  return is_stuck ? "nothing has been looked at for " + std::to_string(kStuckAfter.count()) + " s"
                  : "";
}

Agent::Agent(std::unique_ptr<State> state) : state_(std::move(state)) {}
Agent::~Agent() = default;

uint16_t Agent::probe_port() const { return state_->probes->port(); }

Result<std::unique_ptr<Agent>> Agent::Open(AgentOptions options, AgentParts parts) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd lock, LockDataRoot(options.executor.data_root));
  options.executor.store_has_all_diagnoses = true;
  options.executor.heartbeat_interval = kHeartbeatInterval;
  auto state = std::make_unique<State>(std::move(options), parts, std::move(lock));
  State* const raw = state.get();
  KUBEDIAG_ASSIGN_OR_RETURN(state->probes,
                            http::Probes::Start(raw->options.probe_address, raw->options.probe_port,
                                                {.unhealthy = [raw] { return raw->Unhealthy(); },
                                                 .unready = [raw] { return raw->Unready(); }},
                                                parts.registry, parts.logger));
  return std::unique_ptr<Agent>(new Agent(std::move(state)));
}

void Agent::Run(const std::stop_token& stop) {
  State& state = *state_;
  std::vector<std::jthread> threads;
  // Every Diagnosis under way holds a worker; operations beyond the limit wait in the executor.
  for (unsigned i = 0; i < state.options.executor.limits.concurrent_operations; ++i) {
    threads.emplace_back([&state](const std::stop_token& own) { state.worker.Work(own); });
  }
  for (unsigned i = 0; i < kRestoreWorkers; ++i) {
    threads.emplace_back([&state](const std::stop_token& own) { state.worker.WorkRestores(own); });
  }
  threads.emplace_back([&state](const std::stop_token& own) { state.announcer.Run(own); });
  threads.emplace_back([&state](const std::stop_token& own) { state.EndRemoved(own); });
  threads.emplace_back([&state](const std::stop_token& own) { state.SweepOnceRestored(own); });
  state.reflector.Run(stop);
  state.logger.Info("the agent ends", {{"node", state.options.executor.node_name}});
  state.runs.CancelAll(diagnosis::CancelCause::kShutdown);
  state.queue.ShutDown();
  state.restores.ShutDown();
  state.removed.ShutDown();
  for (std::jthread& thread : threads) thread.request_stop();
  // What an API server that does not answer was to be told is in the journals, for the next agent.
  const std::jthread hurry([&state](const std::stop_token& all_ended) {
    if (kube::SystemClock().Sleep(kAgentEndGrace, all_ended)) state.stopping.request_stop();
  });
  threads.clear();
  state.executor.viewers().StopAll();
  state.stopping.request_stop();
}

}  // namespace kubediag::agent
