#include "plugins/exchange/job_child.h"

#include <chrono>
#include <utility>

#include "engine/process/stop_on_readable.h"

namespace kubediag::exchange {
namespace {

// Shorter than the engine's own patience with us.
constexpr std::chrono::milliseconds kGrace{1000};

}  // namespace

Deadline DeadlineOf(const Job& job) {
  const auto deadline = job.deadline();
  return deadline ? Deadline::At(*deadline) : Deadline::Never();
}

Failure ToFailure(const Status& status, const std::string& prefix) {
  // The codes of Status and of the operation interface are the same numbers.
  static_assert(static_cast<int>(StatusCode::kInternal) == KUBEDIAG_INTERNAL);
  static_assert(static_cast<int>(StatusCode::kUnavailable) == KUBEDIAG_UNAVAILABLE);
  const std::string message = prefix.empty() ? status.message() : prefix + ": " + status.message();
  return {status.reason(), message, static_cast<kubediag_code>(status.code())};
}

process::Completed RunWithin(const Job& job, process::Command command, process::RunOptions options,
                             const std::string& what) {
  using Ending = process::Completed::Ending;
  const Deadline deadline = DeadlineOf(job);
  const process::StopOnReadable stop(job.cancel_descriptor());
  options.deadline = deadline;
  options.stop = stop.token();
  options.grace = kGrace;
  command.group = process::Group::kOwn;
  auto completed = process::Run(std::move(command), std::move(options));
  if (!completed.ok()) {
    throw Failure("ProgramNotStarted",
                  what + " could not be started: " + completed.status().message(),
                  static_cast<kubediag_code>(completed.status().code()));
  }
  // The cancel descriptor is also how a deadline announces itself.
  if (completed->ending == Ending::kDeadline ||
      (completed->ending == Ending::kStopped && deadline.Passed())) {
    throw Failure("OperationTimeout", what + " was ended at the deadline",
                  KUBEDIAG_DEADLINE_EXCEEDED);
  }
  if (completed->ending == Ending::kStopped) {
    throw Failure("Cancelled", what + " was cancelled", KUBEDIAG_CANCELLED);
  }
  return *std::move(completed);
}

}  // namespace kubediag::exchange
