// LeaderTransport: a Transport that carries a write only while this process leads.
//
// Asked right before each try, so neither a queue that is being emptied nor a wait between tries
// leads to a write of a former leader's. Reads pass always. Thread-safe; borrows the other one.
//
// Errors: FailedPrecondition, reason "NotLeader"; else the other transport's.
#pragma once

#include <functional>
#include <utility>

#include "engine/kube/transport.h"

namespace kubediag::controller {

inline constexpr char kReasonNotLeader[] = "NotLeader";

class LeaderTransport : public kube::Transport {
 public:
  LeaderTransport(kube::Transport& transport, std::function<bool()> is_leader)
      : transport_(transport), is_leader_(std::move(is_leader)) {}

  Result<kube::Response> Send(const kube::Request& request, Deadline deadline,
                              const std::stop_token& stop) override;
  Result<kube::Response> Stream(const kube::Request& request, std::chrono::seconds idle,
                                const OnBytes& on_bytes, const std::stop_token& stop) override;

 private:
  kube::Transport& transport_;
  const std::function<bool()> is_leader_;
};

}  // namespace kubediag::controller
