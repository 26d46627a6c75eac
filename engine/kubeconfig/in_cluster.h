// The configuration of a Pod: what kubelet puts into its environment and its files.
#pragma once

#include "engine/core/result.h"
#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::kubeconfig {

// NotFound: not in a cluster, or in one without a token, and why.
Result<ClusterConfig> LoadInCluster(const Surroundings& surroundings);

}  // namespace kubediag::kubeconfig
