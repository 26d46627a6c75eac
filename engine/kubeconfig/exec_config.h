// ExecConfig: how to run a credential plugin (client.authentication.k8s.io), as a user entry says.
//
// A plain value.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/limits.h"

namespace kubediag::kubeconfig {

enum class InteractiveMode { kNever, kIfAvailable, kAlways };

// What a plugin with provideClusterInfo is told.
struct ExecCluster {
  std::string server;
  std::string tls_server_name;
  bool insecure_skip_tls_verify = false;
  std::string certificate_authority_data;  // PEM
  std::string certificate_authority_file;  // read for each run
  std::string proxy_url;
  std::string config_json;  // the cluster's extension for plugins; empty: none
};

struct ExecConfig {
  std::string command;  // a name for PATH, or a path
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // over the process' own
  std::string api_version;  // client.authentication.k8s.io/v1 or /v1beta1
  std::string install_hint;
  bool provide_cluster_info = false;
  InteractiveMode interactive_mode = InteractiveMode::kIfAvailable;
  ExecCluster cluster;  // if provide_cluster_info

  std::map<std::string, std::string> process_environment;
  bool terminal = false;  // standard input is one
  std::chrono::milliseconds timeout = kExecPluginTimeout;
  std::chrono::milliseconds interactive_timeout = kExecPluginInteractiveTimeout;
};

}  // namespace kubediag::kubeconfig
