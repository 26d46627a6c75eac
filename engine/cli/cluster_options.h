// What every command is told that talks to an API server, and the connection it makes of it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/core/result.h"
#include "engine/kube/transport.h"
#include "engine/kubeconfig/cluster_config.h"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace kubediag::cli {

struct ClusterOptions {
  std::string kubeconfig;  // empty: KUBECONFIG, ~/.kube/config, the Pod we are in
  std::string context;     // empty: the file's current one
};

// --kubeconfig and --context. `options` must outlive the parsing.
void AddClusterOptions(CLI::App& command, ClusterOptions& options);

// --watch-timeout, of who watches; `timeout` is the default. `most`: who is deaf for longer than
// that may come too late.
void AddWatchOptions(CLI::App& command, std::chrono::seconds& timeout,
                     std::chrono::seconds most = std::chrono::hours(1));

// A way to an API server, and what else the configuration says.
struct Connection {
  std::unique_ptr<kube::Transport> transport;
  std::shared_ptr<kubeconfig::CredentialSource> credentials;  // the transport's own
  std::string namespace_name;                                 // of the context
  std::string description;  // for messages: "context admin of ~/.kube/config"
  // As the program was started: the library's variables are not for programs that we start.
  kubeconfig::Surroundings surroundings;
};

// Configures the HTTP library too, whose threads it starts: call it before any other thread is
// started but that of Signals, which must be there first or a signal ends the program at one of
// them. `component` goes into the User-Agent: "kubediag-<component>/<version>". Opens no
// connection.
Result<Connection> OpenConnection(const ClusterOptions& options, const std::string& component);
Result<std::unique_ptr<kube::Transport>> Connect(const ClusterOptions& options,
                                                 const std::string& component);

}  // namespace kubediag::cli
