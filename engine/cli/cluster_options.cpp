#include "engine/cli/cluster_options.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "engine/cli/checked.h"
#include "engine/cli/duration.h"
#include "engine/kube/cpprest_transport.h"

namespace kubediag::cli {

namespace {

// "200s", "10m", "1h".
std::string DurationText(std::chrono::seconds duration) {
  const auto count = duration.count();
  if (count % 3600 == 0) return std::to_string(count / 3600) + "h";
  if (count % 60 == 0) return std::to_string(count / 60) + "m";
  return std::to_string(count) + "s";
}

}  // namespace

void AddClusterOptions(CLI::App& command, ClusterOptions& options) {
  command
      .add_option("--kubeconfig", options.kubeconfig,
                  "Configuration of the cluster [$KUBECONFIG, ~/.kube/config, or the Pod's own]")
      ->type_name("FILE");
  command
      .add_option("--context", options.context, "Context of that configuration [its current one]")
      ->type_name("NAME");
}

void AddWatchOptions(CLI::App& command, std::chrono::seconds& timeout, std::chrono::seconds most) {
  constexpr std::chrono::seconds kLeast{2};
  const std::string range = "2s to " + DurationText(most);
  command
      .add_option_function<std::string>(
          "--watch-timeout",
          [&timeout](const std::string& text) { timeout = *ParseDuration(text); },
          "A watch is renewed after half of this to all of it; an API server that has vanished "
          "without a word is found out at most 30s later, " +
              range + " [" + DurationText(timeout) + "]")
      ->type_name("DURATION")
      ->check(Checked([=](const std::string& text) -> Status {
        KUBEDIAG_ASSIGN_OR_RETURN(const std::chrono::seconds given, ParseDuration(text));
        if (given >= kLeast && given <= most) return Status::Ok();
        return Status::InvalidArgument(text + " is not between 2s and " + DurationText(most));
      }));
}

Result<Connection> OpenConnection(const ClusterOptions& options, const std::string& component) {
  Connection connection;
  // Taken first: the library's variables are not for the plugins that give credentials.
  connection.surroundings = kubeconfig::Surroundings::OfThisProcess();
  kube::InitializeHttpLibrary();
  KUBEDIAG_ASSIGN_OR_RETURN(
      kubeconfig::ClusterConfig config,
      kubeconfig::LoadClusterConfig({.kubeconfig = options.kubeconfig,
                                     .context = options.context,
                                     .surroundings = connection.surroundings}));
  connection.credentials = config.credentials;
  connection.namespace_name = config.namespace_name;
  connection.description = config.description;
  kube::TransportOptions transport;
  transport.user_agent = "kubediag-" + component + "/" KUBEDIAG_VERSION " (linux)";
  KUBEDIAG_ASSIGN_OR_RETURN(connection.transport,
                            kube::MakeTransport(std::move(config), transport));
  return connection;
}

Result<std::unique_ptr<kube::Transport>> Connect(const ClusterOptions& options,
                                                 const std::string& component) {
  KUBEDIAG_ASSIGN_OR_RETURN(Connection connection, OpenConnection(options, component));
  return std::move(connection.transport);
}

}  // namespace kubediag::cli
