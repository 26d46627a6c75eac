#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "engine/cli/checked.h"
#include "engine/cli/commands.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/metrics_file.h"
#include "engine/cli/run_options.h"
#include "engine/cli/run_session.h"

namespace kubediag::cli {
namespace {

void AddRunOptions(CLI::App& command, RunOptions& options) {
  AddSourcesOption(command, options.sources);
  AddOutputOption(command, options.format, "Form of the result on standard output [yaml]");
  auto* exit = command.add_flag("--exit", options.exit,
                                "End after the last operation instead of serving pages on");
  command
      .add_flag("--watch", options.watch,
                "Stay and run each Diagnosis that appears in the files and folders given with -f")
      ->excludes(exit);
  AddNodeOptions(command, options);
  command
      .add_option(
          "--metrics-file", options.metrics_file,
          "Write metrics in Prometheus' text format to this file at the end, and every 10 s "
          "with --watch; the node exporter's textfile collector reads names in .prom")
      ->type_name("FILE")
      ->check(Checked(CheckMetricsFile));
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
