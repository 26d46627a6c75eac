// PortForward: `kubectl port-forward` to a port of a Pod, as long as this object lives.
//
// Not thread-safe. What kubectl has to complain of goes to standard error as it is.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/core/deadline.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/process/child.h"
#include "engine/process/stop_event.h"

namespace kubediag::cli {

struct PortForwardRequest {
  std::string kubectl;                   // absolute path
  std::vector<std::string> environment;  // "NAME=value"
  std::string kubeconfig;                // empty: as the environment says
  std::string context;                   // empty: the configuration's
  std::string namespace_name;
  std::string pod;
  uint16_t port = 0;        // of the Pod
  uint16_t local_port = 0;  // 0: kubectl chooses a free one
};

std::vector<std::string> PortForwardArguments(const PortForwardRequest& request);

// The local port of "Forwarding from 127.0.0.1:40123 -> 39900"; empty for any other line.
std::optional<uint16_t> ForwardedPort(std::string_view line);

class PortForward {
 public:
  // Returns when kubectl listens. Unavailable: it ended instead; DeadlineExceeded, Cancelled.
  static Result<std::unique_ptr<PortForward>> Start(const PortForwardRequest& request,
                                                    Deadline deadline, const std::stop_token& stop);
  PortForward(const PortForward&) = delete;
  PortForward& operator=(const PortForward&) = delete;
  ~PortForward();

  uint16_t port() const { return port_; }

  // Until `stop`: Ok. Unavailable: kubectl ended by itself.
  Status WaitUntil(const std::stop_token& stop);

 private:
  PortForward(process::Child child, UniqueFd output);
  void Read();
  void TakeLine(std::string_view line);
  Status AwaitPort(Deadline deadline, const std::stop_token& stop);

  process::Child child_;
  UniqueFd output_;
  process::StopEvent ending_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<uint16_t> told_;  // under mutex_, as the next
  bool ended_ = false;
  uint16_t port_ = 0;
  std::thread reader_;
};

}  // namespace kubediag::cli
