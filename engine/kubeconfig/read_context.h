// Reading what a context says of its cluster and its user. Opens no file: what lies in files is
// named by absolute paths.
#pragma once

#include <optional>
#include <string>

#include "engine/core/result.h"
#include "engine/kubeconfig/cluster_config.h"
#include "engine/kubeconfig/config_files.h"
#include "engine/kubeconfig/credentials.h"
#include "engine/kubeconfig/exec_config.h"
#include "engine/kubeconfig/sources.h"

namespace kubediag::kubeconfig {

// A user entry, checked; all empty is an anonymous user.
struct UserConfig {
  std::string token;
  std::string token_file;
  Material certificate;  // with `key`, or neither
  Material key;
  std::optional<ExecConfig> exec;  // process_environment and terminal are left to the caller
  Impersonation impersonation;
};

struct ContextConfig {
  ClusterConfig cluster;  // without credentials
  UserConfig user;
  std::string user_place;  // "~/.kube/config: user admin"
};

// `name` empty: the current-context. Errors as LoadClusterConfig().
Result<ContextConfig> ReadContext(const ConfigFiles& files, const std::string& name);

// The cluster of `entry`, without namespace and description.
Result<ClusterConfig> ReadCluster(const NamedEntry& entry);

// The user of `entry`; `cluster` and `cluster_entry`: for the address and for exec plugins.
Result<UserConfig> ReadUser(const NamedEntry& entry, const ClusterConfig& cluster,
                            const NamedEntry& cluster_entry);
// Its exec block.
Result<ExecConfig> ReadExec(const Field& exec, const std::string& folder,
                            const ClusterConfig& cluster, const NamedEntry& cluster_entry);

// The text of `data_field` (base64) or the path in `file_field`, from `folder` if it is relative.
Result<Material> ReadMaterial(const Field& data_field, const Field& file_field,
                              const std::string& folder);

// `path` as it is meant in a file of `folder`; empty stays empty.
std::string AbsolutePath(const std::string& path, const std::string& folder);

}  // namespace kubediag::kubeconfig
