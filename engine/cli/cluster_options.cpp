#include "engine/cli/cluster_options.h"

#include <CLI/CLI.hpp>

#include "engine/kube/cpprest_transport.h"
#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::cli {

void AddClusterOptions(CLI::App& command, ClusterOptions& options) {
  command
      .add_option("--kubeconfig", options.kubeconfig,
                  "Configuration of the cluster [$KUBECONFIG, ~/.kube/config, or the Pod's own]")
      ->type_name("FILE");
  command
      .add_option("--context", options.context, "Context of that configuration [its current one]")
      ->type_name("NAME");
}

Result<std::unique_ptr<kube::Transport>> Connect(const ClusterOptions& options,
                                                 const std::string& component) {
  // Taken first: the library's variables are not for the plugins that give credentials.
  const auto surroundings = kubeconfig::Surroundings::OfThisProcess();
  kube::InitializeHttpLibrary();
  KUBEDIAG_ASSIGN_OR_RETURN(kubeconfig::ClusterConfig config,
                            kubeconfig::LoadClusterConfig({.kubeconfig = options.kubeconfig,
                                                           .context = options.context,
                                                           .surroundings = surroundings}));
  kube::TransportOptions transport;
  transport.user_agent = "kubediag-" + component + "/" KUBEDIAG_VERSION " (linux)";
  return kube::MakeTransport(std::move(config), transport);
}

}  // namespace kubediag::cli
