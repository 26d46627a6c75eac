// Controller: what a cluster of agents needs done once: tells of each OperationSet whether its
// graph is sound, gives Diagnoses of a Pod their node, fails those whose node is lost and deletes
// the old ones.
//
// Several processes may run; the one that holds the Lease works. Borrows transport, registry and
// logger.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/controller/collection.h"
#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/kube/transport.h"
#include "engine/metrics/registry.h"

namespace kubediag::controller {

inline constexpr char kLeaseName[] = "kubediag-controller";

struct ControllerOptions {
  std::string namespace_name;  // of the Lease
  std::string identity;        // of this process and no other
  CollectionRules rules;
  std::string probe_address = "0.0.0.0";
  uint16_t probe_port = 10357;  // KubeDiag 0.2's metrics port; 0: the kernel chooses
  std::chrono::seconds watch_timeout = kWatchTimeout;  // kube::WatchedResource
};

struct ControllerParts {
  kube::Transport& transport;
  metrics::Registry& registry;
  Logger& logger;
};

class Controller {
 public:
  // Serves probes from here on. Errors: the address cannot be bound.
  static Result<std::unique_ptr<Controller>> Open(ControllerOptions options, ControllerParts parts);
  ~Controller();

  // Until `stop`; then the Lease is given back, if this process has it.
  void Run(const std::stop_token& stop);

  uint16_t probe_port() const;

 private:
  struct State;
  explicit Controller(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubediag::controller
