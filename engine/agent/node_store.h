// NodeStore: the cluster's Store as an agent uses it: what Diagnoses its node has is known from the
// watch already, so listing them costs no request, and one that cannot be read is listed, too.
//
// Thread-safe. Borrows all it is given.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kube/object_cache.h"
#include "engine/store/store.h"

namespace kubediag::agent {

class NodeStore : public store::Store {
 public:
  // `synced`: whether the cache has held a whole list.
  NodeStore(store::Store& cluster, const kube::ObjectCache& cache, std::function<bool()> synced)
      : cluster_(cluster), cache_(cache), synced_(std::move(synced)) {}

  // Unavailable until the cache is synced.
  Result<std::vector<api::Diagnosis>> ListDiagnoses() override;

  Result<api::Operation> GetOperation(const std::string& name) override {
    return cluster_.GetOperation(name);
  }
  Result<api::OperationSet> GetOperationSet(const std::string& name) override {
    return cluster_.GetOperationSet(name);
  }
  Result<api::Secret> GetSecret(const std::string& namespace_name,
                                const std::string& name) override {
    return cluster_.GetSecret(namespace_name, name);
  }
  Result<api::Diagnosis> GetDiagnosis(const std::string& namespace_name,
                                      const std::string& name) override {
    return cluster_.GetDiagnosis(namespace_name, name);
  }
  Status WriteStatus(api::Diagnosis& diagnosis) override { return cluster_.WriteStatus(diagnosis); }
  void RecordEvent(const api::Diagnosis& diagnosis, const store::Event& event) override {
    cluster_.RecordEvent(diagnosis, event);
  }

 private:
  store::Store& cluster_;
  const kube::ObjectCache& cache_;
  const std::function<bool()> synced_;
};

}  // namespace kubediag::agent
