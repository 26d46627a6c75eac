#include "plugins/script_runner/operation.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/core/unique_fd.h"
#include "engine/core/utf8.h"
#include "plugins/exchange/foreign_text.h"
#include "plugins/exchange/job_child.h"

namespace kubediag::script_runner {
namespace {

constexpr size_t kMaxStreamBytes = kMiB;  // kept of each stream
constexpr size_t kMaxTailBytes = kKiB;    // of what a failed script said
constexpr int kScriptDescriptor = 3;      // in the shell
constexpr char kScriptFile[] = "/dev/fd/3";

UniqueFd ScriptFile(std::string_view script) {
  UniqueFd file(memfd_create("kubediag-script", MFD_CLOEXEC));
  if (!file.valid()) throw exchange::ToFailure(Status::FromErrno("memory file", errno));
  const Status status = WriteAll(file.get(), script);
  if (!status.ok()) throw exchange::ToFailure(status, "the script");
  return file;
}

// What the kernel takes, it says only with "Argument list too long": not for which one.
constexpr size_t kMaxArgumentBytes = 128 * kKiB - 1;  // MAX_ARG_STRLEN, less the NUL at its end
constexpr size_t kArgumentsSlack = 16 * kKiB;         // environment, program name

// Of all arguments; depends on the limit of the stack.
size_t MaxArgumentsBytes() {
  const long limit = sysconf(_SC_ARG_MAX);
  constexpr size_t kLeast = 128 * kKiB;
  return std::max(limit > 0 ? static_cast<size_t>(limit) : 0, kLeast) - kArgumentsSlack;
}

std::vector<std::string> Arguments(const Job& job) {
  std::vector<std::string> arguments = {kScriptFile};
  const size_t all = MaxArgumentsBytes();
  size_t used = 0;
  for (const std::string_view key : job.settings().List("arg_key")) {
    const std::string_view value = job.parameters().Text(key, "");
    if (value.find('\0') != std::string_view::npos) {
      throw Failure("InvalidParameter",
                    std::string(key) + " holds a NUL byte and cannot be an argument",
                    KUBEDIAG_INVALID_ARGUMENT);
    }
    const auto too_long = [&, key = key](const std::string& limit) {
      return Failure("InvalidParameter",
                     std::string(key) + " has " + std::to_string(value.size()) + " bytes, " + limit,
                     KUBEDIAG_INVALID_ARGUMENT);
    };
    if (value.size() > kMaxArgumentBytes) {
      throw too_long("an argument of a script can have " + std::to_string(kMaxArgumentBytes));
    }
    used += value.size() + 1 + sizeof(char*);
    if (used > all) {
      throw too_long("and with it the arguments of the script pass the " + std::to_string(all) +
                     " that all of them can have");
    }
    arguments.emplace_back(value);
  }
  return arguments;
}

// "output cut at 1048576 bytes (100000000 were written)"; empty for a stream that is whole.
std::string Cut(const std::string& stream, const std::string& kept, uint64_t dropped) {
  if (dropped == 0) return {};
  return stream + " cut at " + std::to_string(kept.size()) + " bytes (" +
         std::to_string(kept.size() + dropped) + " were written)";
}

void EmitStreams(Job& job, std::string_view result_key, const process::Completed& completed) {
  const std::string prefix = "operation." + std::string(result_key);
  std::string cut = Cut("output", completed.output, completed.output_dropped);
  const std::string error_cut = Cut("standard error", completed.error, completed.error_dropped);
  if (!cut.empty() && !error_cut.empty()) cut += ", ";
  cut += error_cut;
  if (!cut.empty()) {
    job.Emit(prefix + ".truncated", cut);
    job.Emit(prefix + ".result.summary", cut);  // what people are shown of the run
  }
  job.Emit(prefix + ".output", ReplaceInvalidUtf8(completed.output));
  if (!completed.error.empty()) {
    job.Emit(prefix + ".stderr", ReplaceInvalidUtf8(completed.error));
  }
}

}  // namespace

Declaration ScriptRunnerOperation::Declare() {
  return Declaration("script-runner")
      .Version("1.0")
      .Doc("Runs a shell script of the Operation object; its exit status counts.")
      .Timeout(std::chrono::seconds(30))
      .Spawns()
      .OpenParameters();
}

Outcome ScriptRunnerOperation::Run(Job& job) {
  const std::string what = "script " + std::string(job.settings().Text("name", "without a name"));
  const auto script = job.settings().Find("script");
  if (!script) return Failure("MissingSetting", what + " has no text", KUBEDIAG_INVALID_ARGUMENT);
  const UniqueFd file = ScriptFile(*script);
  process::Command command;
  command.program = "/bin/sh";
  command.arguments = Arguments(job);
  command.environment = process::CleanEnvironment();
  command.working_directory = "/";
  command.descriptors = {{.from = file.get(), .to = kScriptDescriptor}};
  process::RunOptions options;
  options.max_output = kMaxStreamBytes;
  options.max_error = kMaxStreamBytes;
  const process::Completed completed =
      exchange::RunWithin(job, std::move(command), std::move(options), what);

  if (completed.output_dropped + completed.error_dropped > 0) {
    job.Warning(what + ": " + std::to_string(completed.output_dropped) + " bytes of output and " +
                std::to_string(completed.error_dropped) + " of standard error were dropped");
  }
  if (!completed.exit.success()) {
    // Its results would not be kept, so the message has what it said last.
    const bool in_error = !completed.error.empty();
    const std::string tail =
        exchange::TailLine(in_error ? completed.error_end : completed.output_end, kMaxTailBytes);
    std::string message = what + " ended with " + completed.exit.ToString();
    const std::string cut = in_error
                                ? Cut("standard error", completed.error, completed.error_dropped)
                                : Cut("output", completed.output, completed.output_dropped);
    if (!cut.empty()) message += ", " + cut;
    return Failure("ScriptFailed", tail.empty() ? message : message + ": " + tail);
  }
  const std::string_view result_key = job.settings().Text("operation_result_key", "");
  if (!result_key.empty()) EmitStreams(job, result_key, completed);
  return Outcome::Success();
}

}  // namespace kubediag::script_runner
