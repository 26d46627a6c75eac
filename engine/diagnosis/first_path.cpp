#include <optional>
#include <string>
#include <utility>

#include "engine/diagnosis/parameters.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"
#include "engine/diagnosis/walks.h"
#include "engine/graph/path_walk.h"

namespace kubediag::diagnosis {
namespace {

using graph::FirstPathWalk;
using graph::NodeIndex;
using graph::WalkVerdict;

// " while 2 go-profiler ran", if an operation was ended by what ends the run.
std::string WhileRunning(const RunContext& context) {
  const std::vector<api::OperationOutcome> failures = context.progress.Failures();
  if (failures.empty() || !IsStopReason(failures.back().reason)) return {};
  return " while " + std::to_string(failures.back().id) + " " + failures.back().operation + " ran";
}

class FirstPathRun {
 public:
  FirstPathRun(const RunContext& context, NodeRunner& runner, std::vector<bool> repeatable)
      : context_(context), runner_(runner), walk_(context.plan.graph, std::move(repeatable)) {
    Digest();
  }

  // Tells the walk what a journal says.
  Status Recover(const Recovery& recovery) {
    for (const FinishedRecord& record : recovery.finished) {
      KUBEDIAG_ASSIGN_OR_RETURN(NodeRunner::End end, runner_.Replay(record));
      walk_.Replay(record.node, record.digest, record.succeeded);
      Take(end);
    }
    for (const StartedRecord& started : recovery.interrupted) {
      if (recovery.MayRepeat(started.node)) continue;  // the walk comes to it again
      KUBEDIAG_ASSIGN_OR_RETURN(NodeRunner::End end, runner_.Interrupt(started));
      walk_.Replay(started.node, started.digest, false);
      Take(end);
    }
    return Status::Ok();
  }

  Result<Verdict> Walk() {
    for (;;) {
      if (Decided()) return Decide();
      if (Status stop = WhyStop(context_); !stop.ok()) {
        return Verdict{.failure = std::move(stop), .succeeded_path = {}};
      }
      if (walk_.verdict() != WalkVerdict::kUndecided) return Decide();
      const std::optional<NodeIndex> node = walk_.Next(digest_);
      if (!node) return Decide();
      Tell();
      KUBEDIAG_ASSIGN_OR_RETURN(NodeRunner::End end, runner_.Run(*node, digest_, results_));
      walk_.Finish(end.succeeded);
      Take(end);
    }
  }

 private:
  void Take(NodeRunner::End& end) {
    if (end.succeeded && !end.results.empty()) {
      Overlay(results_, end.results);
      Digest();
    }
    Tell();
  }

  // By the operations, and not by somebody who had the last of them ended.
  bool Decided() const {
    if (walk_.verdict() == WalkVerdict::kUndecided) return false;
    if (walk_.verdict() == WalkVerdict::kSucceeded) return true;
    const std::vector<api::OperationOutcome> failures = context_.progress.Failures();
    return failures.empty() || !IsStopReason(failures.back().reason);
  }

  void Digest() { digest_ = MapDigest(context_.plan.binding, results_); }

  void Tell() {
    context_.progress.SetWalk(walk_.CurrentPath(), walk_.FailedPaths(), walk_.FailedPathCount());
  }

  Verdict Decide() {
    Tell();
    switch (walk_.verdict()) {
      case WalkVerdict::kSucceeded:
        return {.failure = Status::Ok(), .succeeded_path = walk_.CurrentPath()};
      case WalkVerdict::kRunLimit:
        return {.failure = Status::ResourceExhausted(
                               "operations ran " + std::to_string(walk_.RunCount()) +
                               " times, as often as the set has nodes and edges, and no path was "
                               "decided")
                               .WithReason(kReasonRunLimit),
                .succeeded_path = {}};
      case WalkVerdict::kFailed:
      case WalkVerdict::kUndecided:
        break;
    }
    return {.failure = FailureOf(context_.progress.Failures()), .succeeded_path = {}};
  }

  const RunContext& context_;
  NodeRunner& runner_;
  FirstPathWalk walk_;
  ResultMap results_;
  graph::MapDigest digest_;
};

}  // namespace

Status WhyStop(const RunContext& context) {
  if (context.cancellation.requested()) {
    switch (context.cancellation.cause()) {
      case CancelCause::kSuspended:
        return Status::Cancelled("suspended by spec.suspend" + WhileRunning(context))
            .WithReason(kReasonSuspended);
      case CancelCause::kCancelled:
      case CancelCause::kNone:
        return Status::Cancelled("cancelled" + WhileRunning(context)).WithReason(kReasonCancelled);
      case CancelCause::kDeleted:
      case CancelCause::kTakenAway:
      case CancelCause::kShutdown:
        break;
    }
    return Status::Cancelled("the engine ends");
  }
  if (context.deadline.Passed()) {
    return Status::DeadlineExceeded(
        "spec.timeoutSeconds (" +
        std::to_string(context.diagnosis.spec.timeout_seconds.value_or(0)) + " s) passed" +
        WhileRunning(context));
  }
  return Status::Ok();
}

Result<Verdict> WalkFirstPath(const RunContext& context, NodeRunner& runner,
                              const Recovery* recovery) {
  FirstPathRun run(context, runner,
                   recovery != nullptr ? recovery->begin.repeatable : context.plan.Repeatable());
  if (recovery != nullptr) KUBEDIAG_RETURN_IF_ERROR(run.Recover(*recovery));
  return run.Walk();
}

}  // namespace kubediag::diagnosis
