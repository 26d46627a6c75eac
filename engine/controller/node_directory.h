// NodeDirectory: which nodes there are, asked of the API server one by one and remembered for
// kNodeMemory. Thread-safe; blocks its caller. Borrows the client and the clock.
#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "engine/kube/api_client.h"
#include "engine/kube/clock.h"

namespace kubediag::controller {

enum class NodeState {
  kUnknown,  // the server did not say
  kPresent,
  kGone,    // it has been there since this directory was made
  kAbsent,  // it has not: a name nobody has, or gone for long
};

class NodeDirectory {
 public:
  NodeDirectory(kube::ApiClient& client, kube::Clock& clock) : client_(client), clock_(clock) {}

  NodeState Look(const std::string& name, const std::stop_token& stop);

 private:
  struct Entry {
    NodeState state = NodeState::kUnknown;
    kube::Clock::TimePoint asked;
  };

  kube::ApiClient& client_;
  kube::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace kubediag::controller
