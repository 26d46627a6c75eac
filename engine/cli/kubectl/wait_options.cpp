#include "engine/cli/kubectl/wait_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "engine/api/names.h"
#include "engine/cli/checked.h"
#include "engine/cli/duration.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/kubectl/wait.h"
#include "engine/cli/status_output.h"

namespace kubediag::cli {

void AddTimeoutOption(CLI::App& command, WaitOptions& options) {
  command
      .add_option_function<std::string>(
          "--timeout",
          [&options](const std::string& text) { options.timeout = *ParseDuration(text); },
          "Wait no longer than this, 0 for ever; the Diagnosis goes on [30m]")
      ->type_name("DURATION")
      ->check(
          Checked([](const std::string& text) -> Status { return ParseDuration(text).status(); }));
}

Status CheckObjectName(const std::string& name) {
  if (api::IsDnsSubdomain(name)) return Status::Ok();
  return Status::InvalidArgument(name +
                                 " is no name of an object: lower-case letters, digits, '-', '.'");
}

bool PrintDiagnosis(const api::Diagnosis& diagnosis, const std::string& what,
                    const std::optional<OutputFormat>& format) {
  if (format) return StatusOutput(*format).PrintAll({&diagnosis, 1});
  return Print("diagnosis.diagnosis.kubediag.org/" + diagnosis.metadata.name + " " + what + "\n");
}

int WaitAndPrint(Cluster& cluster, const std::string& name, const WaitOptions& options,
                 const std::stop_token& stop) {
  const Deadline deadline =
      options.timeout.count() == 0 ? Deadline::Never() : Deadline::After(options.timeout);
  Result<api::Diagnosis> ended = Status::Cancelled("");
  {
    ProgressView view(Terminal::Detect(STDERR_FILENO));  // its last lines come before what follows
    ended = WaitUntilEnded(cluster, name, deadline, view, stop);
  }
  if (!ended.ok()) {
    PrintError(ended.status().message());
    return kExitFailure;
  }
  const bool succeeded = ended->status.phase == api::Phase::kSucceeded;
  if (!PrintDiagnosis(*ended, succeeded ? "succeeded" : "failed", options.format)) {
    return kExitFailure;
  }
  return succeeded ? kExitSuccess : kExitFailure;
}

}  // namespace kubediag::cli
