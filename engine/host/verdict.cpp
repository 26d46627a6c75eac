#include "engine/host/verdict.h"

#include <csignal>
#include <string_view>
#include <utility>

#include "engine/core/limits.h"
#include "engine/host/host_session.h"
#include "engine/operation/run_verdict.h"
#include "engine/operation/text.h"

namespace kubediag::host {
namespace {

using operation::RunOutcome;

constexpr size_t kShownTailBytes = 1 * kKiB;

RunOutcome Failed(StatusCode code, std::string reason, std::string message,
                  const std::string& tail) {
  if (!tail.empty()) {
    const size_t shown = std::min(tail.size(), kShownTailBytes);
    message += "; its output ends: " + tail.substr(tail.size() - shown);
  }
  RunOutcome outcome;
  outcome.status =
      Status(code, std::move(reason), operation::ToReadableText(message, kMaxMessageBytes));
  return outcome;
}

std::string_view Explain(int signal) {
  switch (signal) {
    case SIGSEGV:
      return ": it accessed memory it does not have";
    case SIGABRT:
      return ": it aborted";
    case SIGXCPU:
      return ": it used up its CPU time";
    case SIGXFSZ:
      return ": it wrote a larger file than it may";
    case SIGKILL:
      return ": killed from outside, the system may be out of memory";
    default:
      return "";
  }
}

RunOutcome Crashed(const RunEvidence& evidence) {
  return Failed(StatusCode::kInternal, "OperationCrashed",
                evidence.exit.ToString() + std::string(Explain(evidence.exit.signal)),
                evidence.output_tail);
}

RunOutcome Contradicted(const RunEvidence& evidence, std::string_view answer) {
  return Failed(StatusCode::kInternal, "ProtocolError",
                evidence.exit.ToString() + " does not agree with " + std::string(answer),
                evidence.output_tail);
}

}  // namespace

RunOutcome Judge(Conversation& conversation, const RunEvidence& evidence) {
  if (evidence.left_alive > 0) {
    return Failed(StatusCode::kInternal, "OperationNotEnded",
                  "its process " + std::to_string(evidence.left_alive) +
                      " could not be ended: the engine has no CAP_KILL",
                  evidence.output_tail);
  }
  if (evidence.cause == EndCause::kStopped) return operation::CancelledOutcome();
  if (evidence.cause == EndCause::kDeadline ||
      (evidence.deadline_passed && !conversation.served())) {
    RunOutcome timeout = operation::TimeoutOutcome();
    return Failed(timeout.status.code(), timeout.status.reason(), timeout.status.message(),
                  evidence.output_tail);
  }
  if (!conversation.violation().ok()) {
    const Status& violation = conversation.violation();
    return Failed(violation.code(), violation.reason(), violation.message(), evidence.output_tail);
  }
  if (evidence.cause == EndCause::kSilence) {
    return Failed(StatusCode::kDataLoss, "ProtocolError",
                  conversation.answered() ? "the operation's process did not end after its answer"
                                          : "the operation closed the engine's descriptor",
                  evidence.output_tail);
  }
  if (evidence.exit.signal != 0) return Crashed(evidence);
  if (conversation.answered()) {
    RunOutcome outcome = conversation.TakeOutcome();
    const int expected = !conversation.refusal().ok() ? kExitRefused
                         : outcome.status.ok()        ? kExitEnd
                                                      : kExitFail;
    if (evidence.exit.code == expected) return outcome;
    return Contradicted(evidence, outcome.status.ok() ? "a good result" : "its failure");
  }
  if (evidence.exit.code == kExitChannelLost) {
    return Failed(StatusCode::kDataLoss, "ProtocolError",
                  "the operation's process lost its connection to the engine",
                  evidence.output_tail);
  }
  return Failed(StatusCode::kInternal, "OperationExited",
                evidence.exit.ToString() + " before it had answered", evidence.output_tail);
}

}  // namespace kubediag::host
