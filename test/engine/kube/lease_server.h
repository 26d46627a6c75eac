// LeaseServer: an API server that holds one Lease, and loses and delays what it is told to.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/kube/lease.h"
#include "engine/kube/transport.h"

namespace kubediag::kube {

class LeaseServer : public Transport {
 public:
  enum class Fault { kNone, kLost, kDoneButLost, kError, kTooMany };

  Result<Response> Send(const Request& request, Deadline deadline,
                        const std::stop_token& stop) override;
  Result<Response> Stream(const Request& request, std::chrono::seconds idle,
                          const OnBytes& on_bytes, const std::stop_token& stop) override;

  std::optional<Lease> lease;
  std::function<Fault()> fault = [] { return Fault::kNone; };
  std::chrono::seconds retry_after{5};  // told with kTooMany
  std::vector<std::string> requests;    // "GET", "POST", "PATCH"

 private:
  Response Answer(const Request& request);
  Response Stored(int status) const;

  int version_ = 1;
};

}  // namespace kubediag::kube
