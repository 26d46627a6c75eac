// Probes: what an agent or controller answers about itself over HTTP: /healthz, /readyz, /metrics.
//
// KubeDiag 0.2 answered `OK` on /healthz. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/http/handler.h"
#include "engine/http/server.h"
#include "engine/metrics/registry.h"

namespace kubediag::http {

class Probes {
 public:
  // Each says why not, or nothing. Called from the server's threads.
  struct Checks {
    std::function<std::string()> unhealthy;
    std::function<std::string()> unready;
  };

  // Binds `address`; port 0: the kernel chooses.
  static Result<std::unique_ptr<Probes>> Start(const std::string& address, uint16_t port,
                                               Checks checks, const metrics::Registry& registry,
                                               Logger& logger);
  uint16_t port() const { return port_; }

 private:
  Probes() = default;

  Router router_;
  uint16_t port_ = 0;
  std::unique_ptr<Server> server_;  // last: it calls the router
};

}  // namespace kubediag::http
