// Cluster: what the plugin's commands ask of an API server, as the user of a kubeconfig.
//
// Thread-safe; blocks its callers, each call for kInteractiveCallTimeout at most. Errors are
// sentences for that user (refusal.h).
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/objects.h"
#include "engine/cli/cluster_options.h"
#include "engine/core/result.h"
#include "engine/kube/api_client.h"
#include "engine/metrics/registry.h"

namespace kubediag::cli {

struct KubectlOptions {
  ClusterOptions cluster;
  std::string namespace_name;  // empty: the context's
};

// --kubeconfig, --context and --namespace. `options` must outlive the parsing.
void AddKubectlOptions(CLI::App& command, KubectlOptions& options);

class Cluster {
 public:
  // Gets the credentials too, which may ask the user for a password. Signals must be there already.
  static Result<std::unique_ptr<Cluster>> Open(const KubectlOptions& options, std::stop_token stop);

  const std::string& namespace_name() const { return namespace_name_; }
  // Of this process as it was started: for programs that are started in turn.
  const kubeconfig::Surroundings& surroundings() const { return connection_.surroundings; }
  kube::Transport& transport() { return *connection_.transport; }

  Result<api::Diagnosis> GetDiagnosis(const std::string& name);
  // As the server has stored it. AlreadyExists is not told of a made-up name that is there since an
  // earlier try of this call.
  Result<api::Diagnosis> CreateDiagnosis(const api::Diagnosis& diagnosis, bool made_up_name);
  Result<api::OperationSet> GetOperationSet(const std::string& name);
  Result<std::vector<api::OperationSet>> ListOperationSets();
  // NotFound if there is none of that name; ok too if that may not be asked.
  Status CheckNode(const std::string& name);
  // The PodList of those of one node, in its namespace.
  Result<api::Value> ListPods(const std::string& namespace_name, const std::string& labels,
                              const std::string& node);

 private:
  Cluster(Connection connection, std::string namespace_name, std::stop_token stop);
  kube::Call Bounds() const;
  template <typename T>
  Result<T> Read(const Result<std::string>& body) const;

  Connection connection_;
  const std::string namespace_name_;
  const std::stop_token stop_;
  metrics::Registry registry_;
  kube::ApiClient client_;
};

}  // namespace kubediag::cli
