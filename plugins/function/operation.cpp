#include "plugins/function/operation.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/core/unique_fd.h"
#include "plugins/exchange/foreign_text.h"
#include "plugins/exchange/job_child.h"
#include "plugins/exchange/string_map.h"
#include "plugins/function/python.h"
#include "plugins/function/sources.h"

namespace kubediag::function_runner {
namespace {

constexpr size_t kMaxResultBytes = 64 * kMiB;
constexpr size_t kMaxPrintedBytes = 64 * kKiB;  // kept of each stream
constexpr size_t kMaxLoggedBytes = 4 * kKiB;
constexpr size_t kMaxTailBytes = kKiB;  // in a message

std::string Python(const Job& job) {
  const std::string_view runtime = job.settings().Text("runtime", "python3");
  if (runtime != "Python3" && runtime != "python3") {
    throw Failure("RuntimeUnknown",
                  "runtime \"" + std::string(runtime) + "\" is not Python3 or python3",
                  KUBEDIAG_INVALID_ARGUMENT);
  }
  auto python = FindPython(PythonCandidates());
  if (!python.ok()) throw exchange::ToFailure(python.status());
  return *std::move(python);
}

process::Completed RunPython(const Job& job, int result_fd, const std::string& what) {
  process::Command command;
  command.program = Python(job);
  // -I: no environment, no user's packages, no current folder. -B: no compiled files left behind.
  command.arguments = {"-I", "-B", "-c", kPythonMain};
  command.environment = process::CleanEnvironment();
  command.working_directory = "/";
  command.descriptors = {{.from = job.artifact_directory(), .to = kSourceDescriptor},
                         {.from = result_fd, .to = kResultDescriptor}};
  process::RunOptions options;
  options.input = exchange::EncodeStringMap(job.parameters());
  options.max_output = kMaxPrintedBytes;
  options.max_error = kMaxPrintedBytes;
  options.max_end = 2 * kMaxLoggedBytes;  // more than is shown, so that a cut shows
  return exchange::RunWithin(job, std::move(command), std::move(options), what);
}

void LogPrinted(Job& job, const std::string& what, const std::string& stream,
                const std::string& end) {
  const std::string line = exchange::TailLine(end, kMaxLoggedBytes);
  if (!line.empty()) job.Info(what + " " + stream + ": " + line);
}

Outcome Answer(Job& job, std::string_view answer, const std::string& what) {
  if (answer.starts_with('E')) {
    const size_t line_end = answer.find('\n');
    const std::string reason(answer.substr(1, line_end - 1));
    const bool known = reason == "FunctionFailed" || reason == "FunctionResultInvalid";
    if (line_end == std::string_view::npos || !known) {
      return Failure("FunctionResultInvalid", what + " wrote over its result");
    }
    return Failure(reason,
                   what + ": " + exchange::TailLine(answer.substr(line_end + 1), kMaxTailBytes));
  }
  const auto results = exchange::DecodeStringMap(answer.substr(1));
  if (!results.ok()) {
    return Failure("FunctionResultInvalid", what + ": " + results.status().message());
  }
  for (const auto& [key, value] : *results) job.Emit(key, value);
  return Outcome::Success();
}

}  // namespace

Declaration FunctionOperation::Declare() {
  return Declaration("function")
      .Version("1.0")
      .Doc("Runs handler(context) of a Python module of the Operation object.")
      .Timeout(std::chrono::seconds(30))
      .ArtifactFolder("functions")
      .Spawns()
      .OpenParameters();
}

Outcome FunctionOperation::Run(Job& job) {
  const std::string what = "function " + std::string(job.settings().Text("name", "without a name"));
  Sources sources(job.artifact_directory());
  if (Status status = sources.Write(job.settings()); !status.ok()) {
    return exchange::ToFailure(status, what);
  }
  const UniqueFd result(memfd_create("kubediag-function-result", MFD_CLOEXEC));
  if (!result.valid()) return exchange::ToFailure(Status::FromErrno("memory file", errno), what);
  const process::Completed completed = RunPython(job, result.get(), what);
  LogPrinted(job, what, "printed", completed.output_end);
  LogPrinted(job, what, "wrote to standard error", completed.error_end);
  lseek(result.get(), 0, SEEK_SET);
  const auto answer = ReadAll(result.get(), "the result", kMaxResultBytes);
  if (!answer.ok()) return exchange::ToFailure(answer.status(), what);
  const bool answered = answer->starts_with('R') || answer->starts_with('E');
  if (!answered || (!completed.exit.success() && answer->starts_with('R'))) {
    std::string message = what + " ended with " + completed.exit.ToString();
    message += answered ? " after it had a result" : " without a result";
    const std::string tail = exchange::TailLine(completed.error_end, kMaxTailBytes);
    return Failure("FunctionFailed", tail.empty() ? message : message + ": " + tail);
  }
  return Answer(job, *answer, what);
}

}  // namespace kubediag::function_runner
