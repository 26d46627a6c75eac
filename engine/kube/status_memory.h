// StatusMemory: the statuses last seen, by uid and resourceVersion: what the next write differs
// from. Thread-safe. Bounded by bytes; what was used longest ago is forgotten first.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "engine/api/objects.h"

namespace kubediag::kube {

class StatusMemory {
 public:
  explicit StatusMemory(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Put(const api::ObjectMeta& metadata, const api::DiagnosisStatus& status);
  // nullopt unless it is of just this version.
  std::optional<api::DiagnosisStatus> Find(const api::ObjectMeta& metadata);
  void Forget(const std::string& uid);
  size_t bytes() const;

 private:
  struct Entry {
    std::string uid;
    std::string resource_version;
    api::DiagnosisStatus status;
    size_t bytes = 0;
  };
  void Erase(std::list<Entry>::iterator entry);

  const size_t max_bytes_;
  mutable std::mutex mutex_;
  size_t bytes_ = 0;
  std::list<Entry> entries_;  // last used first
  std::map<std::string, std::list<Entry>::iterator> by_uid_;
};

}  // namespace kubediag::kube
