// Lease: a coordination.k8s.io/v1 Lease as elections use it. A plain value and its JSON.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/kube/clock.h"

namespace kubediag::kube {

struct Lease {
  std::string namespace_name;
  std::string name;
  std::string resource_version;  // empty for one that is to be created
  std::string holder;            // empty: nobody's
  std::chrono::seconds duration{0};
  std::string acquire_time;  // RFC 3339 with microseconds, by the holder's clock: for people
  std::string renew_time;
  int64_t transitions = 0;
};

// DataLoss if the bytes are no Lease.
Result<Lease> ParseLease(std::string_view json);
std::string EncodeLease(const Lease& lease);

}  // namespace kubediag::kube
