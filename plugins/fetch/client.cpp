#include "plugins/fetch/client.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "engine/core/file.h"
#include "engine/core/unique_fd.h"
#include "engine/process/capture.h"
#include "engine/process/command.h"
#include "engine/process/stop_on_readable.h"
#include "plugins/fetch/reason.h"

namespace kubediag::fetch {
namespace {

constexpr std::string_view kProgram = "/kubediag-fetch";
// The program keeps its own time; this is for one that no longer can.
constexpr std::chrono::seconds kProgramSlack{2};
constexpr std::chrono::milliseconds kEndGrace{200};
constexpr size_t kMaxErrorBytes = 1024;

// The time that is left, as the program's own limit, so that it can say what took so long.
Request WithinDeadline(Request request, Deadline deadline) {
  if (deadline.IsNever()) return request;
  const auto left = std::chrono::floor<std::chrono::milliseconds>(deadline.Left());
  request.total_timeout =
      std::max(std::chrono::milliseconds(1), std::min(request.total_timeout, left));
  return request;
}

Result<Response> AnswerOf(const process::Completed& completed, const Request& request) {
  using Ending = process::Completed::Ending;
  if (completed.ending == Ending::kStopped) return Status::Cancelled("the fetch was cancelled");
  if (completed.ending == Ending::kDeadline) {
    return FetchError(Reason::kTimeout,
                      "no answer within " + std::to_string(request.total_timeout.count()) + " ms");
  }
  if (!completed.exit.success() || completed.output_dropped > 0) {
    std::string message = "kubediag-fetch ended with " + completed.exit.ToString();
    const std::string said = Printable(completed.error, kMaxErrorBytes);
    if (!said.empty()) message += ": " + said;
    return FetchError(Reason::kFetchUnavailable, std::move(message));
  }
  return DecodeAnswer(completed.output);
}

}  // namespace

Result<Response> Fetch(const Request& request, const FetchOptions& options) {
  if (options.deadline.Passed()) {
    return FetchError(Reason::kTimeout, "no time was left for the fetch");
  }
  const Request bounded = WithinDeadline(request, options.deadline);
  process::Command command;
  command.program = std::string(options.libexec_directory).append(kProgram);
  command.environment = process::CleanEnvironment();
  command.descriptors = {{.from = options.output_fd, .to = kBodyDescriptor}};
  command.group = process::Group::kInherited;
  const process::StopOnReadable stop(options.cancel_fd);
  process::RunOptions run;
  run.input = EncodeRequest(bounded);
  run.max_output = kMaxAnswerBytes;
  run.max_error = kMaxErrorBytes;
  run.deadline = Deadline::After(bounded.total_timeout + kProgramSlack);
  run.stop = stop.token();
  run.grace = kEndGrace;
  auto completed = process::Run(std::move(command), std::move(run));
  if (!completed.ok()) {
    return FetchError(Reason::kFetchUnavailable, completed.status().message());
  }
  return AnswerOf(*completed, bounded);
}

Result<FetchedBody> FetchToMemory(const Request& request, FetchOptions options) {
  const UniqueFd memory(memfd_create("kubediag-fetch", MFD_CLOEXEC));
  if (!memory.valid()) {
    return FetchError(Reason::kOutputFailed, Status::FromErrno("memory file", errno).message());
  }
  options.output_fd = memory.get();
  KUBEDIAG_ASSIGN_OR_RETURN(Response response, Fetch(request, options));
  if (lseek(memory.get(), 0, SEEK_SET) != 0) {
    return FetchError(Reason::kOutputFailed, Status::FromErrno("memory file", errno).message());
  }
  KUBEDIAG_ASSIGN_OR_RETURN(std::string body,
                            ReadAll(memory.get(), "body", request.max_body_bytes));
  return FetchedBody{.response = std::move(response), .body = std::move(body)};
}

}  // namespace kubediag::fetch
