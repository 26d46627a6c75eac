#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "engine/cli/commands.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/metrics_file.h"
#include "engine/cli/run_options.h"
#include "engine/cli/run_session.h"
#include "engine/host/process_runner.h"

namespace kubediag::cli {
namespace {

// CLI11 takes the text of what is wrong; empty is right.
template <typename Check>
auto Checked(Check check) {
  return [check](const std::string& text) -> std::string {
    const Status status = check(text);
    return status.ok() ? std::string() : status.message();
  };
}

void AddViewerOptions(CLI::App& command, RunOptions& options) {
  command
      .add_option("--viewer-address", options.viewer_address,
                  "Numeric address that pages are served on [127.0.0.1]")
      ->type_name("ADDRESS")
      ->check(Checked(CheckAddress));
  command
      .add_option_function<std::string>(
          "--viewer-ports",
          [&options](const std::string& text) { options.viewer_ports = *ParsePortRange(text); },
          "Ports that pages are served on, 0 for any [39900-39999]")
      ->type_name("FIRST-LAST")
      ->check(Checked([](const std::string& text) { return ParsePortRange(text).status(); }));
  command
      .add_option("--viewer-host", options.viewer_hosts,
                  "Name under which pages may be visited besides addresses and localhost; may be "
                  "given several times")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->check(Checked(CheckViewerHost));
}

void AddRunOptions(CLI::App& command, RunOptions& options) {
  AddSourcesOption(command, options.sources);
  AddOutputOption(command, options.format, "Form of the result on standard output [yaml]");
  auto* exit = command.add_flag("--exit", options.exit,
                                "End after the last operation instead of serving pages on");
  command
      .add_flag("--watch", options.watch,
                "Stay and run each Diagnosis that appears in the files and folders given with -f")
      ->excludes(exit);
  command.add_option("--node-name", options.node_name, "Name of this machine [its host name]")
      ->type_name("NAME")
      ->check(Checked(CheckNodeName));
  command
      .add_option_function<std::string>(
          "--max-concurrent",
          [&options](const std::string& text) {
            options.max_concurrent = *ParseMaxConcurrent(text);
          },
          "Diagnoses, and operations, that run at once, 1 to " +
              std::to_string(kMaxConcurrentOperations) + "; more wait [" +
              std::to_string(options.max_concurrent) + "]")
      ->type_name("N")
      ->check(Checked([](const std::string& text) { return ParseMaxConcurrent(text).status(); }));
  AddViewerOptions(command, options);
  command
      .add_option("--allow-source-cidr", options.allowed_source_cidrs,
                  "Addresses that operations may fetch from though they are loopback, link-local "
                  "or metadata services; may be given several times")
      ->type_name("CIDR")
      ->allow_extra_args(false)
      ->check(Checked(CheckCidr));
  command
      .add_option("--operation-user", options.operation_user,
                  "User that operations run as [the running user]")
      ->type_name("USER[:GROUP]")
      ->check(
          Checked([](const std::string& text) { return host::ParseOperationUser(text).status(); }));
  command
      .add_option(
          "--metrics-file", options.metrics_file,
          "Write metrics in Prometheus' text format to this file at the end, and every 10 s "
          "with --watch; the node exporter's textfile collector reads names in .prom")
      ->type_name("FILE")
      ->check(Checked(CheckMetricsFile));
  AddEngineOptions(command, options.engine);
}

}  // namespace

void AddRunCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      app.add_subcommand("run", "Run the Diagnoses in files and print them with their status");
  AddRunOptions(*command, *options);
  command->footer(
      "The result goes to standard output, progress to standard error.\n"
      "Whatever validate would say of the objects is said first; with an error nothing is run, "
      "with --watch the objects without errors are.\n"
      "Exit status: 0 all Succeeded, 1 a Diagnosis Failed, 2 bad usage or invalid objects.\n"
      "Examples:\n"
      "  kubediag run -f operationset.yaml -f diagnosis.yaml\n"
      "  kubediag run -f ./go-profiler/ --exit -o json\n"
      "  kubediag run -f ./inbox/ --watch --operations-dir ./operations");
  command->callback([options, &status] { status = RunSession(*options); });
}

}  // namespace kubediag::cli
