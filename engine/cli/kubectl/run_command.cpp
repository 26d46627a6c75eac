#include <CLI/CLI.hpp>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/api/conditions.h"
#include "engine/cli/checked.h"
#include "engine/cli/duration.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/kubectl/plugin.h"
#include "engine/cli/kubectl/request.h"
#include "engine/cli/kubectl/wait_options.h"
#include "engine/cli/signals.h"
#include "engine/core/digest.h"

namespace kubediag::cli {
namespace {

constexpr size_t kRandomBytes = 8;

struct RunCommandOptions {
  KubectlOptions kubectl;
  DiagnosisRequest request;
  WaitOptions wait;
  bool waits = false;
  bool dry_run = false;
};

// What the controller has found wrong with the set as it is now.
Status CheckReady(const api::OperationSet& set) {
  const api::Condition* const ready =
      api::FindCondition(set.status.conditions, api::kConditionReady);
  const bool told = ready != nullptr && ready->status == api::kConditionFalse &&
                    set.status.observed_generation == set.metadata.generation;
  if (!told) return Status::Ok();
  return Status::FailedPrecondition("OperationSet " + set.metadata.name +
                                    " cannot be run: " + ready->message);
}

// The name of the set that is meant. One who may not read sets may run them all the same.
Result<std::string> FindSet(Cluster& cluster, const std::string& name) {
  const auto set = cluster.GetOperationSet(name);
  if (set.ok()) {
    KUBEDIAG_RETURN_IF_ERROR(CheckReady(*set));
    return name;
  }
  if (set.status().code() == StatusCode::kPermissionDenied &&
      set.status().reason() == "Forbidden") {
    return name;
  }
  if (set.status().code() != StatusCode::kNotFound) return set.status();
  KUBEDIAG_ASSIGN_OR_RETURN(const auto sets, cluster.ListOperationSets());
  return SetOfOperation(name, sets);
}

Result<api::Diagnosis> Make(Cluster& cluster, DiagnosisRequest request) {
  KUBEDIAG_ASSIGN_OR_RETURN(request.operation_set, FindSet(cluster, request.operation_set));
  if (!request.node.empty()) KUBEDIAG_RETURN_IF_ERROR(cluster.CheckNode(request.node));
  return MakeDiagnosis(request, cluster.namespace_name(), RandomHex(kRandomBytes));
}

int Fail(const Status& status) {
  PrintError(status.message());
  return status.code() == StatusCode::kInvalidArgument ? kExitUsage : kExitFailure;
}

int RunOperationSet(const RunCommandOptions& options) {
  std::stop_source stop;
  const Signals signals([&stop](int) { stop.request_stop(); });  // before every other thread
  // Mistakes first, before anybody is asked for a password.
  const Status sound = MakeDiagnosis(options.request, "default", RandomHex(kRandomBytes)).status();
  if (!sound.ok()) return Fail(sound);
  const auto cluster = Cluster::Open(options.kubectl, stop.get_token());
  if (!cluster.ok()) return Fail(cluster.status());
  const auto wanted = Make(**cluster, options.request);
  if (!wanted.ok()) return Fail(wanted.status());
  if (options.dry_run) {
    const bool printed =
        PrintDiagnosis(*wanted, "", options.wait.format.value_or(OutputFormat::kYaml));
    return printed ? kExitSuccess : kExitFailure;
  }
  const auto made = (*cluster)->CreateDiagnosis(*wanted, options.request.name.empty());
  if (!made.ok()) return Fail(made.status());
  // With a format and --wait only the end is printed: one object.
  if (!options.waits || !options.wait.format) {
    if (!PrintDiagnosis(*made, "created", options.wait.format)) return kExitFailure;
  }
  if (!options.waits) return kExitSuccess;
  return WaitAndPrint(**cluster, made->metadata.name, options.wait, stop.get_token());
}

// "--deadline 10m" as the seconds of spec.timeoutSeconds.
Status CheckDeadline(const std::string& text) {
  KUBEDIAG_ASSIGN_OR_RETURN(const std::chrono::seconds duration, ParseDuration(text));
  if (duration.count() > 0) return Status::Ok();
  return Status::InvalidArgument("at least 1s is needed");
}

void AddWhere(CLI::App& command, DiagnosisRequest& request) {
  const auto name = Checked(CheckObjectName);
  auto* node = command.add_option("--node", request.node, "Node to run on");
  node->type_name("NAME")->check(name);
  command.add_option("--pod", request.pod, "Pod it is about; runs on that Pod's node")
      ->type_name("[NAMESPACE/]NAME")
      ->excludes(node);
  command.add_option("--container", request.container, "Container of that Pod")->type_name("NAME");
  command
      .add_option("--name", request.name,
                  "Name of the Diagnosis [the OperationSet's and five random letters]")
      ->type_name("NAME")
      ->check(name);
}

void AddParameters(CLI::App& command, DiagnosisRequest& request) {
  command
      .add_option("--param", request.parameters,
                  "A parameter of the operations; may be given several times")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      .add_option_function<std::string>(
          "--deadline",
          [&request](const std::string& text) {
            request.timeout_seconds = ParseDuration(text)->count();
          },
          "Time for the whole Diagnosis (spec.timeoutSeconds) [none but its operations']")
      ->type_name("DURATION")
      ->check(Checked(CheckDeadline));
}

void AddProfilerParameters(CLI::App& command, DiagnosisRequest& request) {
  constexpr char kGroup[] = "Parameters of go-profiler";
  command
      .add_option("--source", request.source,
                  "Base URL of the Go program, such as https://10.0.2.15:6443")
      ->type_name("URL")
      ->group(kGroup);
  command
      .add_option("--type", request.type,
                  "Heap, Profile (CPU), Goroutine, Allocs, Block, Mutex or Threadcreate [Heap]")
      ->type_name("TYPE")
      ->group(kGroup);
  command
      .add_option("--secret", request.secret,
                  "Secret with token and ca.crt, for a source that is https [of the Diagnosis' "
                  "namespace]")
      ->type_name("[NAMESPACE/]NAME")
      ->group(kGroup);
  command.add_option("--expiration", request.expiration, "How long the page is served [7200]")
      ->type_name("SECONDS")
      ->group(kGroup);
  command
      .add_option("--seconds", request.seconds,
                  "Length of the recording: of a Profile [30], or between two snapshots of "
                  "another type")
      ->type_name("SECONDS")
      ->group(kGroup);
}

}  // namespace

void AddKubectlRunCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<RunCommandOptions>();
  CLI::App* command = app.add_subcommand("run", "Make a Diagnosis of an OperationSet");
  command
      ->add_option("OPERATIONSET", options->request.operation_set,
                   "The OperationSet, or an operation that is the only one of some set")
      ->type_name("")
      ->required()
      ->check(Checked(CheckObjectName));
  AddWhere(*command, options->request);
  AddParameters(*command, options->request);
  auto* wait = command->add_flag("--wait", options->waits,
                                 "Wait until it has ended, with progress on standard error");
  AddTimeoutOption(*command, options->wait);
  command->add_flag("--dry-run", options->dry_run, "Print the Diagnosis instead of making it")
      ->excludes(wait);
  AddOutputOption(*command, options->wait.format,
                  "Form of the Diagnosis on standard output [a line with its name]");
  AddKubectlOptions(*command, options->kubectl);
  AddProfilerParameters(*command, options->request);
  command->footer(
      "Exit status: 0 it was made (with --wait: it Succeeded), 1 it was refused, Failed or has not "
      "ended in time, 2 bad usage.\n"
      "Examples:\n"
      "  kubectl kubediag run go-profiler --node node-1 --source https://10.0.2.15:6443 --secret "
      "kubediag/apiserver-profiler-sa-token --wait\n"
      "  kubectl kubediag run node-check --pod shop/cart-0 --param threshold=5 -o yaml");
  command->callback([options, &status] { status = RunOperationSet(*options); });
}

}  // namespace kubediag::cli
