// ModelServer: an API server of one collection, with versions, a history that can be forgotten, a
// selector on spec.nodeName, and faults.
//
// One thread. Watches say what has happened since their version, then end in health.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/kube/transport.h"
#include "test/engine/kube/fake_clock.h"
#include "test/engine/kube/objects.h"

namespace kubediag::kube {

class ModelServer : public Transport {
 public:
  enum class Fault { kNone, kCut, kRefused, kGone, kGoneInStream, kThrottled, kError, kGarbage };

  explicit ModelServer(FakeClock& clock) : clock_(clock) {}

  Result<Response> Send(const Request& request, Deadline deadline,
                        const std::stop_token& stop) override;
  Result<Response> Stream(const Request& request, std::chrono::seconds idle,
                          const OnBytes& on_bytes, const std::stop_token& stop) override;

  // Creates or changes the object of this name.
  void Put(const std::string& name, const std::string& node);
  void Delete(const std::string& name);
  // Watches from before this moment are gone.
  void ForgetHistory() { history_.clear(), oldest_ = version_; }

  // What is on the node: versions by uid.
  std::map<std::string, std::string> VersionsOn(const std::string& node) const;
  size_t lists() const { return lists_; }
  size_t watches() const { return watches_; }

  // Asked before each answer.
  std::function<Fault()> fault = [] { return Fault::kNone; };
  // A cut comes after so many bytes; pieces are of this size.
  std::function<size_t(size_t bytes)> cut_at = [](size_t bytes) { return bytes; };
  size_t piece_bytes = 4096;
  // Called when a watch has said all there is.
  std::function<void()> on_idle = [] {};

 private:
  struct Happening {
    int version = 0;
    std::optional<DiagnosisText> before;
    std::optional<DiagnosisText> after;
  };

  Result<Response> Refuse(Fault kind) const;
  std::string EventsSince(int version, const std::string& node) const;
  Status SayPieces(std::string_view bytes, const OnBytes& on_bytes) const;

  FakeClock& clock_;
  int version_ = 100;
  int oldest_ = 100;
  int next_uid_ = 1;
  std::map<std::string, DiagnosisText> objects_;
  std::deque<Happening> history_;
  size_t lists_ = 0;
  size_t watches_ = 0;
};

}  // namespace kubediag::kube
