// FakeApi: a Transport that is an API server in memory, as far as requests go: one version counter,
// optimistic locking, merge patches, /status apart from the rest. Faults are put before a request
// or after it has been carried out. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/kube/transport.h"

namespace kubediag::kube {

class FakeApi : public Transport {
 public:
  Result<Response> Send(const Request& request, Deadline deadline,
                        const std::stop_token& stop) override;
  Result<Response> Stream(const Request& request, std::chrono::seconds idle,
                          const OnBytes& on_bytes, const std::stop_token& stop) override;

  // What becomes of the next requests, one each; none: they are carried out.
  struct Fault {
    std::string method = {};         // only of this one; empty: any
    bool carries_out = false;        // before it answers otherwise
    bool carries_out_twice = false;  // as a library that re-sends does: the second answer counts
    Result<Response> answer = Status::Unavailable("the connection was cut");
    std::function<void(FakeApi&)> meanwhile = {};  // between the first and the second, or before
  };
  void Next(Fault fault);
  void Refuse(std::string method, int status, std::string body = "{}",
              std::optional<std::chrono::seconds> retry_after = std::nullopt);

  // By path, "/apis/…/diagnoses/x". Gives it a version, and a uid unless it has one.
  void Put(const std::string& path, const std::string& json);
  void Remove(const std::string& path);
  void Merge(const std::string& path, const std::string& json);  // by somebody else
  std::string Get(const std::string& path) const;                // empty if there is none
  std::vector<std::string> Paths() const;

  std::vector<Request> Seen() const;
  int Count(const std::string& method) const;
  bool knows_field_selector = true;
  // Whether continue tokens have expired.
  bool tokens_expired = false;

 private:
  Response CarryOut(const Request& request);
  Response List(const std::string& path, const std::map<std::string, std::string>& query);

  mutable std::mutex mutex_;
  int version_ = 100;
  std::map<std::string, std::string> objects_;
  std::deque<Fault> faults_;
  std::vector<Request> seen_;
};

}  // namespace kubediag::kube
