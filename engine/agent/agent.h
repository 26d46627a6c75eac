// Agent: runs the Diagnoses of one node of a cluster.
//
// It watches the Diagnoses whose spec.nodeName is its node, claims and runs them, a few at a time,
// writes what came of them, and brings back after a restart what was under way or served. Only one
// agent uses a data root at a time. Borrows transport, catalog, runner, registry and logger.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/catalog/catalog.h"
#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/diagnosis/executor.h"
#include "engine/kube/transport.h"
#include "engine/metrics/registry.h"
#include "engine/operation/runner.h"

namespace kubediag::agent {

struct AgentOptions {
  diagnosis::ExecutorOptions executor;  // node, instance, data root, limits …
  std::string probe_address = "0.0.0.0";
  uint16_t probe_port = 10355;  // KubeDiag 0.2's metrics port; 0: the kernel chooses
  std::chrono::seconds watch_timeout = kAgentWatchTimeout;  // kube::WatchedResource
};

struct AgentParts {
  kube::Transport& transport;
  catalog::Catalog& catalog;
  operation::Runner& runner;
  metrics::Registry& registry;
  Logger& logger;
};

class Agent {
 public:
  // FailedPrecondition "DataRootInUse": another agent runs here.
  static Result<std::unique_ptr<Agent>> Open(AgentOptions options, AgentParts parts);
  ~Agent();

  // Until `stop`; then what runs is left for the next process to go on with (its journal says
  // where), and every child process has ended.
  void Run(const std::stop_token& stop);

  uint16_t probe_port() const;

 private:
  struct State;
  explicit Agent(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubediag::agent
