#include "engine/controller/controller.h"

#include <mutex>
#include <utility>

#include "engine/controller/controller_metrics.h"
#include "engine/controller/leader_transport.h"
#include "engine/controller/term.h"
#include "engine/http/probes.h"
#include "engine/kube/clock.h"
#include "engine/kube/event_recorder.h"
#include "engine/kube/lease_election.h"

namespace kubediag::controller {

struct Controller::State {
  State(ControllerOptions given, ControllerParts parts)
      : options(std::move(given)),
        registry(parts.registry),
        logger(parts.logger),
        transport(parts.transport, [this] { return election.IsLeader(); }),
        events(parts.transport, parts.registry,
               {.controller = "diagnosis.kubediag.org/controller", .instance = options.identity}),
        metrics(parts.registry),
        election({.namespace_name = options.namespace_name,
                  .lease_name = kLeaseName,
                  .identity = options.identity,
                  .on_leading = [this] { Begin(); },
                  .on_lost = [this] { End(); }},
                 parts.transport, parts.registry, parts.logger, kube::SystemClock(),
                 kube::MakeRandomSource()) {}

  void Begin() {
    auto begun = std::make_unique<Term>(TermParts{.transport = transport,
                                                  .events = events,
                                                  .registry = registry,
                                                  .metrics = metrics,
                                                  .logger = logger,
                                                  .clock = kube::SystemClock(),
                                                  .rules = options.rules,
                                                  .watch_timeout = options.watch_timeout});
    const std::lock_guard lock(mutex);
    term = std::move(begun);
  }

  void End() {
    std::unique_ptr<Term> ended;
    {
      const std::lock_guard lock(mutex);
      ended = std::move(term);
    }
  }

  // Who does not lead is ready to.
  std::string Unready() {
    const std::lock_guard lock(mutex);
    if (term == nullptr || term->synced()) return "";
    return "leading, but the objects of the cluster have not been read yet";
  }

  // An API server that is away is no reason to restart the controller: its requests end in time.
  // The end of a term that hangs is one: it neither leads nor tries to.
  std::string Unhealthy() const {
    const bool is_stuck = kube::SystemClock().Now() - election.last_step() >= kStuckAfter;
    return is_stuck ? "no step of the election for " + std::to_string(kStuckAfter.count()) + " s"
                    : "";
  }

  const ControllerOptions options;
  metrics::Registry& registry;
  Logger& logger;
  LeaderTransport transport;
  kube::EventRecorder events;
  ControllerMetrics metrics;
  kube::LeaseElection election;
  std::mutex mutex;
  std::unique_ptr<Term> term;            // while leading
  std::unique_ptr<http::Probes> probes;  // last: they ask
};

Controller::Controller(std::unique_ptr<State> state) : state_(std::move(state)) {}
Controller::~Controller() = default;

uint16_t Controller::probe_port() const { return state_->probes->port(); }

Result<std::unique_ptr<Controller>> Controller::Open(ControllerOptions options,
                                                     ControllerParts parts) {
  auto state = std::make_unique<State>(std::move(options), parts);
  State* const raw = state.get();
  KUBEDIAG_ASSIGN_OR_RETURN(state->probes,
                            http::Probes::Start(raw->options.probe_address, raw->options.probe_port,
                                                {.unhealthy = [raw] { return raw->Unhealthy(); },
                                                 .unready = [raw] { return raw->Unready(); }},
                                                parts.registry, parts.logger));
  return std::unique_ptr<Controller>(new Controller(std::move(state)));
}

void Controller::Run(const std::stop_token& stop) { state_->election.Run(stop); }

}  // namespace kubediag::controller
