#include "engine/http/probes.h"

#include <utility>

#include "engine/http/listen.h"

namespace kubediag::http {
namespace {

Router::Function Probe(std::function<std::string()> why_not) {
  return [why_not = std::move(why_not)](const Request&, const std::stop_token&) {
    const std::string reason = why_not();
    return reason.empty() ? Response::Text(200, "OK") : Response::Text(503, reason);
  };
}

}  // namespace

Result<std::unique_ptr<Probes>> Probes::Start(const std::string& address, uint16_t port,
                                              Checks checks, const metrics::Registry& registry,
                                              Logger& logger) {
  std::unique_ptr<Probes> probes(new Probes);
  probes->router_.Get("/healthz", Probe(std::move(checks.unhealthy)));
  probes->router_.Get("/readyz", Probe(std::move(checks.unready)));
  probes->router_.Get("/metrics", [&registry](const Request&, const std::stop_token&) {
    Response response;
    response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
    response.body = Body::Owned(registry.Text());
    return response;
  });
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd listener, Listen(address, port));
  KUBEDIAG_ASSIGN_OR_RETURN(probes->port_, LocalPort(listener.get()));
  KUBEDIAG_ASSIGN_OR_RETURN(probes->server_,
                            Server::Start(std::move(listener), probes->router_, logger));
  return probes;
}

}  // namespace kubediag::http
