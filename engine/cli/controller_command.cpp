#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/api/names.h"
#include "engine/cli/checked.h"
#include "engine/cli/cluster_options.h"
#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/duration.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/node_options.h"
#include "engine/cli/signals.h"
#include "engine/controller/controller.h"
#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::cli {
namespace {

constexpr char kDefaultNamespace[] = "kubediag";

struct ControllerCommandOptions {
  ClusterOptions cluster;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  controller::ControllerOptions controller;
};

// Of the Pod we may be in.
std::string OwnNamespace() {
  constexpr size_t kMaxNamespaceBytes = 64;
  const std::string file =
      kubeconfig::Surroundings::OfThisProcess().service_account_folder + "/namespace";
  const Result<std::string> text = ReadFile(file, kMaxNamespaceBytes);
  return text.ok() && api::IsDnsLabel(*text) ? *text : kDefaultNamespace;
}

Status RunUntilSignal(ControllerCommandOptions& options) {
  constexpr size_t kIdentityBytes = 4;
  std::stop_source stop;
  const Signals signals([&stop](int) { stop.request_stop(); });
  KUBEDIAG_ASSIGN_OR_RETURN(const std::unique_ptr<kube::Transport> transport,
                            Connect(options.cluster, "controller"));
  const std::unique_ptr<Logger> logger = MakeStderrLogger(options.log_level, options.log_format);
  metrics::Registry registry;
  controller::ControllerOptions& own = options.controller;
  if (own.namespace_name.empty()) own.namespace_name = OwnNamespace();
  own.identity = HostName() + "_" + RandomHex(kIdentityBytes);
  KUBEDIAG_ASSIGN_OR_RETURN(
      const std::unique_ptr<controller::Controller> running,
      controller::Controller::Open(
          own, {.transport = *transport, .registry = registry, .logger = *logger}));
  const std::string port = std::to_string(running->probe_port());
  logger->Info("the controller runs",
               {{"identity", own.identity}, {"namespace", own.namespace_name}, {"probes", port}});
  running->Run(stop.get_token());
  logger->Info("the controller ends", {{"identity", own.identity}});
  return Status::Ok();
}

void AddDuration(CLI::App& command, const std::string& name, std::chrono::seconds& value,
                 const std::string& description) {
  command
      .add_option_function<std::string>(
          name, [&value](const std::string& text) { value = *ParseDuration(text); }, description)
      ->type_name("DURATION")
      ->check(Checked([](const std::string& text) { return ParseDuration(text).status(); }));
}

// KubeDiag 0.2's flags, but for the last.
void AddCollectionOptions(CLI::App& command, controller::CollectionRules& rules) {
  AddDuration(command, "--diagnosis-ttl", rules.ttl,
              "Finished Diagnoses are deleted when they are older than this [240h]");
  AddDuration(command, "--minimum-diagnosis-ttl-duration", rules.minimum_age,
              "None is deleted that finished less than this ago [30m]");
  command
      .add_option("--maximum-diagnoses-per-node", rules.most_per_node,
                  "More finished ones of a node are deleted, the oldest first [20]")
      ->type_name("NUMBER");
  command
      .add_option("--maximum-status-bytes", rules.most_status_bytes,
                  "The oldest are deleted while the statuses of all finished ones take more than "
                  "this [134217728]")
      ->type_name("BYTES");
}

}  // namespace

void AddControllerCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<ControllerCommandOptions>();
  controller::ControllerOptions& own = options->controller;
  CLI::App* command = app.add_subcommand(
      "controller", "Assign nodes, check OperationSets and collect Diagnoses in a cluster");
  AddClusterOptions(*command, options->cluster);
  AddWatchOptions(*command, own.watch_timeout);
  command
      ->add_option("--namespace", own.namespace_name,
                   "Namespace of the Lease by which controllers elect one among them [the Pod's "
                   "own, else kubediag]")
      ->type_name("NAME")
      ->check(Checked([](const std::string& text) {
        return api::IsDnsLabel(text) ? Status::Ok()
                                     : Status::InvalidArgument(text + " is no name of a namespace");
      }));
  AddCollectionOptions(*command, own.rules);
  command
      ->add_option("--probe-address", own.probe_address,
                   "Numeric address of /healthz, /readyz and /metrics [0.0.0.0]")
      ->type_name("ADDRESS")
      ->check(Checked(CheckAddress));
  command
      ->add_option("--metrics-port", own.probe_port,
                   "Port of /healthz, /readyz and /metrics, 0 for any [10357]")
      ->type_name("PORT")
      ->check(Checked(CheckPort));
  AddLogOptions(*command, options->log_level, options->log_format);
  command->footer(
      "Several may run: one works, the others take over when it ends.\n"
      "Example:\n"
      "  kubediag controller --kubeconfig admin.kubeconfig");
  command->callback([options, &status] {
    const Status ended = RunUntilSignal(*options);
    if (!ended.ok()) PrintError(ended.message());
    status = ended.ok() ? kExitSuccess : kExitFailure;
  });
}

}  // namespace kubediag::cli
