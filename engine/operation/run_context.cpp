#include "engine/operation/run_context.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/operation/text.h"

namespace kubediag::operation {
namespace {

std::string_view View(kubediag_string text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

LogLevel ToLogLevel(int32_t level) {
  switch (level) {
    case KUBEDIAG_LOG_DEBUG:
      return LogLevel::kDebug;
    case KUBEDIAG_LOG_INFO:
      return LogLevel::kInfo;
    case KUBEDIAG_LOG_WARNING:
      return LogLevel::kWarning;
    default:
      return LogLevel::kError;
  }
}

// The codes are the Status codes in the same order.
static_assert(static_cast<int>(StatusCode::kInternal) == KUBEDIAG_INTERNAL);
static_assert(static_cast<int>(StatusCode::kCancelled) == KUBEDIAG_CANCELLED);

StatusCode ToStatusCode(kubediag_code code) {
  if (code < KUBEDIAG_OK || code > KUBEDIAG_INTERNAL) return StatusCode::kInternal;
  return static_cast<StatusCode>(code);
}

// The engine's own side of the table must not throw into a module.
template <typename Body>
kubediag_code Guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return KUBEDIAG_RESOURCE_EXHAUSTED;
  } catch (...) {
    return KUBEDIAG_INTERNAL;
  }
}

}  // namespace

struct HostFunctions {
  static RunContext& Self(void* context) { return *static_cast<RunContext*>(context); }

  static kubediag_code Emit(void* context, kubediag_string key, kubediag_string value) {
    return Guarded([&] { return Self(context).Emit(View(key), View(value)); });
  }
  static kubediag_code EmitArtifact(void* context, kubediag_string key, kubediag_string path) {
    return Guarded([&] { return Self(context).EmitArtifact(View(key), View(path)); });
  }
  static void Fail(void* context, kubediag_string reason, kubediag_string message) {
    Guarded([&] {
      Self(context).Fail(View(reason), View(message));
      return KUBEDIAG_OK;
    });
  }
  static void Log(void* context, int32_t level, kubediag_string message) {
    Guarded([&] {
      Self(context).Log(level, View(message));
      return KUBEDIAG_OK;
    });
  }
  static int32_t Cancelled(void* context) { return Self(context).cancel_.fired() ? 1 : 0; }
  static kubediag_code Complete(void* context, uint64_t linger, kubediag_bytes state) {
    return Guarded([&] {
      return Self(context).Complete(linger,
                                    View({reinterpret_cast<const char*>(state.data), state.size}));
    });
  }
};

RunContext::RunContext(const OperationDescriptor& operation, int artifact_directory,
                       CancelTimer& cancel, RunSink& sink)
    : operation_(operation), artifact_directory_(artifact_directory), cancel_(cancel), sink_(sink) {
  table_.struct_size = sizeof table_;
  table_.abi_major = KUBEDIAG_ABI_MAJOR;
  table_.abi_minor = KUBEDIAG_ABI_MINOR;
  table_.context = this;
  table_.emit = &HostFunctions::Emit;
  table_.emit_artifact = &HostFunctions::EmitArtifact;
  table_.fail = &HostFunctions::Fail;
  table_.log = &HostFunctions::Log;
  table_.cancelled = &HostFunctions::Cancelled;
  table_.complete = &HostFunctions::Complete;
}

kubediag_code RunContext::Answer(Status status) {
  if (status.ok()) return KUBEDIAG_OK;
  const auto code = static_cast<kubediag_code>(status.code());
  if (status.reason() == "ResultLimit" && failure_.ok()) failure_ = status;
  refused_ = std::move(status);
  return code;
}

kubediag_code RunContext::Emit(std::string_view key, std::string_view value) {
  // A flood is refused before it is copied.
  std::string copy(value.substr(0, kMaxResultValueBytes + 1));
  const std::lock_guard lock(mutex_);
  if (serving_ || finished_) return KUBEDIAG_FAILED_PRECONDITION;
  return Answer(collector_.Add(key, std::move(copy)));
}

kubediag_code RunContext::EmitArtifact(std::string_view key, std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (serving_ || finished_) return KUBEDIAG_FAILED_PRECONDITION;
  if (Status status = CheckArtifactFile(path); !status.ok()) return Answer(std::move(status));
  return Answer(collector_.AddArtifact(key, path));
}

Status RunContext::CheckArtifactFile(std::string_view path) const {
  const auto invalid = [&](const std::string& why) {
    return Status(StatusCode::kInvalidArgument, "InvalidResult",
                  "artifact " + ToReadableText(path, 200) + ": " + why);
  };
  if (artifact_directory_ < 0) return invalid("the operation declares no artifact folder");
  if (!IsRelativePath(path)) return invalid("not a relative path");
  const auto file = OpenAt(artifact_directory_, path, O_PATH | O_NOFOLLOW);
  if (!file.ok()) return invalid(file.status().message());
  struct stat info {};
  if (fstat(file->get(), &info) != 0 || !S_ISREG(info.st_mode)) return invalid("not a file");
  // The engine would read what the operation perhaps may not.
  if (info.st_nlink != 1) return invalid("it has other names (hard links)");
  return {};
}

void RunContext::Fail(std::string_view reason, std::string_view message) {
  Status failure(StatusCode::kFailedPrecondition,
                 IsReason(reason) ? std::string(reason) : "OperationFailed",
                 ToReadableText(message, kMaxMessageBytes));
  const std::lock_guard lock(mutex_);
  if (finished_ || !failure_.ok()) return;
  failure_ = std::move(failure);
}

void RunContext::Log(int32_t level, std::string_view message) {
  const std::string text = ToReadableText(message, kMaxMessageBytes);
  const std::lock_guard lock(mutex_);
  if (!finished_) sink_.OnLog(ToLogLevel(level), text);
}

kubediag_code RunContext::Complete(uint64_t linger, std::string_view state) {
  const std::lock_guard lock(mutex_);
  if (finished_) return KUBEDIAG_FAILED_PRECONDITION;
  const auto refuse = [&](std::string why) {
    return Answer(Status::FailedPrecondition("complete() " + std::move(why)));
  };
  if (!operation_.serves_http()) return refuse("without the feature serves-http");
  if (serving_) return refuse("called a second time");
  if (!failure_.ok()) return refuse("of a run that has failed");
  if (state.size() > kMaxStateBytes) {
    return Answer(Status(StatusCode::kResourceExhausted, "ResultLimit",
                         "a state of " + std::to_string(state.size()) + " bytes, at most " +
                             std::to_string(kMaxStateBytes) + " are allowed"));
  }
  RunOutcome outcome;
  collector_.MoveTo(outcome);
  outcome.serving = true;
  outcome.linger = std::chrono::nanoseconds(static_cast<int64_t>(
      std::min(linger, static_cast<uint64_t>(std::chrono::nanoseconds(kMaxLinger).count()))));
  outcome.state = std::string(state);
  // The run's deadline no longer holds; what ends it is the end of its linger.
  cancel_.FireAt(Deadline::After(outcome.linger));
  if (Status status = sink_.OnServing(std::move(outcome)); !status.ok()) return Answer(status);
  serving_ = true;
  return KUBEDIAG_OK;
}

Status RunContext::ToStatus(kubediag_code code) const {
  if (!failure_.ok()) {
    if (code == KUBEDIAG_OK || failure_.code() != StatusCode::kFailedPrecondition) return failure_;
    return {ToStatusCode(code), failure_.reason(), failure_.message()};
  }
  if (code == KUBEDIAG_OK) return {};
  if (!refused_.ok()) return refused_;
  return {ToStatusCode(code), "OperationFailed",
          "the operation answered " + std::string(StatusCodeName(ToStatusCode(code))) +
              " without a reason"};
}

RunOutcome RunContext::Finish(kubediag_code code) {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  RunOutcome outcome;
  outcome.status = ToStatus(code);
  if (outcome.status.ok() && !serving_) collector_.MoveTo(outcome);
  return outcome;
}

RunOutcome RunContext::FinishThrown(std::string_view what) {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  RunOutcome outcome;
  outcome.status =
      Status(StatusCode::kInternal, "OperationThrew",
             "an exception left the operation: " + ToReadableText(what, kMaxMessageBytes / 2));
  return outcome;
}

}  // namespace kubediag::operation
