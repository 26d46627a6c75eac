// RunTable: the Diagnoses this agent is at work on, so that news about one can end its run.
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/diagnosis/cancellation.h"
#include "engine/kube/object_key.h"

namespace kubediag::agent {

class RunTable {
 public:
  struct Run {
    kube::ObjectKey key;
    diagnosis::Cancellation cancellation;
  };

  // Takes a place for the length of a run; null if there is one already, or all are being ended.
  std::shared_ptr<Run> Begin(const std::string& uid, const kube::ObjectKey& key);
  void End(const std::string& uid);

  bool Has(const std::string& uid) const;
  size_t size() const;
  // (uid, key) of each.
  std::vector<std::pair<std::string, kube::ObjectKey>> List() const;

  // Does nothing if it does not run.
  void Cancel(const std::string& uid, diagnosis::CancelCause cause);
  // All, and whatever would begin later.
  void CancelAll(diagnosis::CancelCause cause);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Run>> runs_;
  bool closed_ = false;
};

}  // namespace kubediag::agent
