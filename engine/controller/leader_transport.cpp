#include "engine/controller/leader_transport.h"

namespace kubediag::controller {

Result<kube::Response> LeaderTransport::Send(const kube::Request& request, Deadline deadline,
                                             const std::stop_token& stop) {
  if (request.method != "GET" && !is_leader_()) {
    return Status(StatusCode::kFailedPrecondition, kReasonNotLeader,
                  "this controller no longer leads");
  }
  return transport_.Send(request, deadline, stop);
}

Result<kube::Response> LeaderTransport::Stream(const kube::Request& request,
                                               std::chrono::seconds idle, const OnBytes& on_bytes,
                                               const std::stop_token& stop) {
  return transport_.Stream(request, idle, on_bytes, stop);
}

}  // namespace kubediag::controller
