#include <CLI/CLI.hpp>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/cli/checked.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/kubectl/plugin.h"
#include "engine/cli/kubectl/wait_options.h"
#include "engine/cli/signals.h"

namespace kubediag::cli {
namespace {

struct WaitCommandOptions {
  KubectlOptions kubectl;
  WaitOptions wait;
  std::string name;
};

int WaitForDiagnosis(const WaitCommandOptions& options) {
  std::stop_source stop;
  const Signals signals([&stop](int) { stop.request_stop(); });  // before every other thread
  const auto cluster = Cluster::Open(options.kubectl, stop.get_token());
  if (!cluster.ok()) {
    PrintError(cluster.status().message());
    return kExitFailure;
  }
  return WaitAndPrint(**cluster, options.name, options.wait, stop.get_token());
}

}  // namespace

void AddKubectlWaitCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<WaitCommandOptions>();
  CLI::App* command = app.add_subcommand("wait", "Wait until a Diagnosis has ended");
  command->add_option("NAME", options->name, "The Diagnosis")
      ->type_name("")
      ->required()
      ->check(Checked(CheckObjectName));
  AddTimeoutOption(*command, options->wait);
  AddOutputOption(*command, options->wait.format,
                  "Form of the Diagnosis on standard output [a line that says how it ended]");
  AddKubectlOptions(*command, options->kubectl);
  command->footer(
      "Progress goes to standard error. Ctrl-C ends the waiting, not the Diagnosis.\n"
      "Exit status: 0 it Succeeded, 1 it Failed, was deleted or has not ended in time, 2 bad "
      "usage.\n"
      "Example:\n"
      "  kubectl kubediag wait go-profiler-x7k2p --timeout 5m");
  command->callback([options, &status] { status = WaitForDiagnosis(*options); });
}

}  // namespace kubediag::cli
