// ScriptedTransport: answers each request with the next step of a script; after the last one it
// stops the test.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "engine/kube/transport.h"

namespace kubediag::kube {

class ScriptedTransport : public Transport {
 public:
  using Step = std::function<Result<Response>(const OnBytes& on_bytes)>;

  Result<Response> Send(const Request& request, Deadline deadline,
                        const std::stop_token& stop) override;
  Result<Response> Stream(const Request& request, std::chrono::seconds idle,
                          const OnBytes& on_bytes, const std::stop_token& stop) override;

  void Then(Step step) { steps_.push_back(std::move(step)); }
  // A whole answer; for a stream one that is no 200.
  void Answer(int status, const std::string& body,
              std::optional<std::chrono::seconds> retry_after = std::nullopt);
  // A stream of these bytes that then ends as the server meant it.
  void Say(const std::string& bytes);
  // A stream of these bytes that breaks off, or a request that fails.
  void BreakOff(const Status& failure, const std::string& bytes = "");

  std::stop_token stop() const { return stop_.get_token(); }
  const std::vector<std::string>& targets() const { return targets_; }
  const std::vector<std::chrono::seconds>& idles() const { return idles_; }
  // Those of the requests that list, and that watch.
  std::vector<std::string> lists() const;
  std::vector<std::string> watches() const;

 private:
  Result<Response> Next(const Request& request, const OnBytes& on_bytes);

  std::deque<Step> steps_;
  std::vector<std::string> targets_;
  std::vector<std::chrono::seconds> idles_;
  std::stop_source stop_;
};

}  // namespace kubediag::kube
