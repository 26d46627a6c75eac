#include <malloc.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>

#include "engine/agent/agent.h"
#include "engine/cli/checked.h"
#include "engine/cli/cluster_options.h"
#include "engine/cli/commands.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/local_modules.h"
#include "engine/cli/node_options.h"
#include "engine/cli/signals.h"

namespace kubediag::cli {
namespace {

struct AgentCommandOptions {
  NodeOptions node;
  ClusterOptions cluster;
  bool secrets_checked_by_admission = false;
  std::string probe_address = "0.0.0.0";
  uint16_t probe_port = 10355;
  std::chrono::seconds watch_timeout = kAgentWatchTimeout;
};

// What can go wrong before the first Diagnosis, in the order a person would mend it.
Status RunUntilSignal(AgentCommandOptions& options) {
  KUBEDIAG_RETURN_IF_ERROR(ResolveNodeName(options.node));
  KUBEDIAG_ASSIGN_OR_RETURN(const ProgramPaths paths, ProgramPaths::Find());
  KUBEDIAG_RETURN_IF_ERROR(ResolveDefaults(options.node.engine, paths));
  // An arena for each of some twenty threads would cost more memory than it saves waiting.
  mallopt(M_ARENA_MAX, 2);
  std::stop_source stop;
  const Signals signals([&stop](int) { stop.request_stop(); });  // before every other thread
  KUBEDIAG_ASSIGN_OR_RETURN(const std::unique_ptr<kube::Transport> transport,
                            Connect(options.cluster, "agent"));
  const std::unique_ptr<Logger> logger =
      MakeStderrLogger(options.node.engine.log_level, options.node.engine.log_format);
  Limits limits;
  limits.concurrent_operations = options.node.max_concurrent;
  metrics::Registry registry;
  KUBEDIAG_ASSIGN_OR_RETURN(
      const std::unique_ptr<LocalModules> modules,
      LocalModules::Open(options.node.engine, paths, options.node.operation_user, limits, &registry,
                         *logger));
  agent::AgentOptions agent_options;
  agent_options.executor = ExecutorOptionsOf(options.node, paths, limits);
  agent_options.executor.secrets_checked_by_admission = options.secrets_checked_by_admission;
  agent_options.probe_address = options.probe_address;
  agent_options.probe_port = options.probe_port;
  agent_options.watch_timeout = options.watch_timeout;
  KUBEDIAG_ASSIGN_OR_RETURN(
      const std::unique_ptr<agent::Agent> agent,
      agent::Agent::Open(std::move(agent_options), {.transport = *transport,
                                                    .catalog = modules->catalog(),
                                                    .runner = modules->runner(),
                                                    .registry = registry,
                                                    .logger = *logger}));
  const std::string port = std::to_string(agent->probe_port());
  logger->Info("the agent runs", {{"node", options.node.node_name}, {"probes", port}});
  agent->Run(stop.get_token());
  return Status::Ok();
}

}  // namespace

void AddAgentCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<AgentCommandOptions>();
  options->node.viewer_address = "0.0.0.0";  // people reach a node's pages from elsewhere
  options->node.engine.log_level = LogLevel::kInfo;
  CLI::App* command = app.add_subcommand("agent", "Run the Diagnoses of one node of a cluster");
  AddClusterOptions(*command, options->cluster);
  AddWatchOptions(*command, options->watch_timeout, kAgentWatchTimeout);
  AddNodeOptions(*command, options->node);
  command->add_flag("--secrets-checked-by-admission", options->secrets_checked_by_admission,
                    "The cluster's admission policies check that who creates a Diagnosis may read "
                    "the Secrets it names; without it only Secrets of its namespace and labelled "
                    "ones are used");
  command
      ->add_option("--probe-address", options->probe_address,
                   "Numeric address of /healthz, /readyz and /metrics [0.0.0.0]")
      ->type_name("ADDRESS")
      ->check(Checked(CheckAddress));
  command
      ->add_option("--metrics-port", options->probe_port,
                   "Port of /healthz, /readyz and /metrics, 0 for any [10355]")
      ->type_name("PORT")
      ->check(Checked(CheckPort));
  command->footer(
      "Ends on SIGTERM; what runs then is gone on with by the next agent on the same data root.\n"
      "Example:\n"
      "  kubediag agent --node-name node-1 --kubeconfig admin.kubeconfig");
  command->callback([options, &status] {
    const Status ended = RunUntilSignal(*options);
    if (!ended.ok()) PrintError(ended.message());
    status = ended.ok() ? kExitSuccess : kExitFailure;
  });
}

}  // namespace kubediag::cli
