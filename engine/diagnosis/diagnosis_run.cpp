#include "engine/diagnosis/diagnosis_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "engine/api/conditions.h"
#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/parameters.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"

namespace kubediag::diagnosis {
namespace {

std::string Join(const std::vector<graph::NodeIndex>& path) {
  std::string text;
  for (const graph::NodeIndex node : path) {
    if (!text.empty()) text += " -> ";
    text += std::to_string(node);
  }
  return text;
}

}  // namespace

// What is ready when operations may start.
struct DiagnosisRun::Beginning {
  std::unique_ptr<Journal> journal;
  std::unique_ptr<operation::OperationRun> prepared;  // for the first node, or null
  BeginRecord begin;
};

DiagnosisRun::DiagnosisRun(Environment& environment, api::Diagnosis diagnosis,
                           std::shared_ptr<RunLock> lock, Cancellation& cancellation,
                           Observer& observer)
    : environment_(environment),
      diagnosis_(std::move(diagnosis)),
      lock_(std::move(lock)),
      cancellation_(cancellation),
      observer_(observer),
      events_(environment.store, diagnosis_),
      writer_(environment, diagnosis_, cancellation) {}

Result<api::Diagnosis> DiagnosisRun::Execute() {
  auto plan = MakePlan(diagnosis_, environment_.store, environment_.catalog);
  if (!plan.ok()) {
    const std::string& reason = plan.status().reason();
    const bool final = reason == api::kConditionOperationSetNotFound ||
                       reason == api::kConditionOperationSetNotReady;
    return final ? Fail(plan.status()) : plan.status();
  }
  if (claimed() && diagnosis_.status.claim &&
      diagnosis_.status.claim->operation_set_hash != plan->set_hash) {
    return Fail(Status::FailedPrecondition("OperationSet " + diagnosis_.spec.operation_set +
                                           " changed during execution")
                    .WithReason(api::kConditionOperationSetChanged));
  }
  auto recovery = ReadJournal(*plan);
  if (!recovery.ok()) {
    return recovery.status().reason() == kReasonInterrupted ? Fail(recovery.status())
                                                            : recovery.status();
  }
  if (!*recovery) {
    const auto failures = CheckBeforehand(*plan, diagnosis_);
    if (!failures.empty()) return RejectParameters(*plan, failures);
  }
  return Begin(*plan, *recovery);
}

Result<std::optional<Recovery>> DiagnosisRun::ReadJournal(const Plan& plan) {
  auto contents = Journal::Read(lock_->directory());
  if (contents.ok()) return JudgeJournal(plan, *contents);
  const bool absent = contents.status().code() == StatusCode::kNotFound;
  if (!absent && contents.status().code() != StatusCode::kDataLoss) return contents.status();
  if (claimed()) {
    return Status::FailedPrecondition(
               absent ? "the engine ended while it ran and left no journal"
                      : "the engine ended while it ran and its journal is damaged: " +
                            contents.status().message())
        .WithReason(kReasonInterrupted);
  }
  if (!absent) observer_.OnWarning("a damaged journal of an earlier run is left aside");
  return std::optional<Recovery>();
}

Result<std::optional<Recovery>> DiagnosisRun::JudgeJournal(const Plan& plan,
                                                           const JournalContents& contents) {
  auto recovery = Recover(contents);
  const bool equal = recovery.ok() && recovery->begin.binding == plan.binding &&
                     recovery->begin.repeatable.size() == plan.graph.size();
  if (claimed()) {
    if (equal) return std::optional(*std::move(recovery));
    return Status::FailedPrecondition(
               "the engine ended while it ran, and its journal is of another run")
        .WithReason(kReasonInterrupted);
  }
  // Nobody has claimed it: a run that has ended, or was cancelled, is over, and one of other
  // objects is another run.
  if (!equal || recovery->ended || recovery->cancelled) return std::optional<Recovery>();
  if (recovery->begin.operations_hash != plan.operations_hash) return std::optional<Recovery>();
  return std::optional(*std::move(recovery));
}

Result<api::Diagnosis> DiagnosisRun::RejectParameters(
    const Plan& plan, const std::vector<std::pair<graph::NodeIndex, Status>>& failures) {
  RunProgress progress(plan, events_, observer_);
  const api::Time now = api::Now();
  for (const auto& [node, status] : failures) {
    NodeReport report;
    report.node = node;
    report.status = status;
    report.start_time = now;
    report.end_time = now;
    progress.Finish(report, ReportOrigin::kThisProcess);
  }
  const ResultFolder folder(environment_.data_root.get(), "");
  Verdict verdict{.failure = FailureOf(progress.Failures()), .succeeded_path = {}};
  return Finish(plan, verdict, progress, folder, 0);
}

std::unique_ptr<operation::OperationRun> DiagnosisRun::PrepareFirst(const Plan& plan) {
  const graph::NodeIndex first = plan.graph.Successors(0).front();
  const auto& resolved = plan.OperationOf(first);
  if (!resolved.ok()) return nullptr;
  auto run = environment_.runner.Prepare(resolved->entry.module_path);
  // A failure comes again, and is told, when the node is reached.
  return run.ok() ? *std::move(run) : nullptr;
}

Result<api::Diagnosis> DiagnosisRun::Begin(const Plan& plan,
                                           const std::optional<Recovery>& recovery) {
  const std::string node = diagnosis_.spec.node_name.empty() ? environment_.options.node_name
                                                             : diagnosis_.spec.node_name;
  // The claim is a round trip; the first operation's process is spawned meanwhile.
  std::future<Status> claim = std::async(
      std::launch::async, [this, &node, &plan] { return writer_.Claim(node, plan.set_hash); });
  Beginning beginning;
  Result<std::unique_ptr<Journal>> journal = Status::Internal("no journal yet");
  if (recovery) {
    beginning.begin = recovery->begin;
    journal = Journal::Continue(lock_->directory(), recovery->sound_bytes);
  } else {
    const api::Time now = api::Now();
    beginning.begin = {.binding = plan.binding,
                       .set_hash = plan.set_hash,
                       .operations_hash = plan.operations_hash,
                       .stamp = NewStamp(now),
                       .start_time = diagnosis_.status.start_time.value_or(now),
                       .repeatable = plan.Repeatable()};
    beginning.prepared = PrepareFirst(plan);
    journal = Journal::Create(lock_->directory(), beginning.begin);
  }
  KUBEDIAG_RETURN_IF_ERROR(claim.get());
  if (!journal.ok()) {
    return Fail(journal.status().Annotate("journal").WithReason(kReasonJournalUnavailable));
  }
  beginning.journal = *std::move(journal);
  return Drive(plan, recovery, std::move(beginning));
}

Result<api::Diagnosis> DiagnosisRun::Drive(const Plan& plan,
                                           const std::optional<Recovery>& recovery,
                                           Beginning beginning) {
  RunProgress progress(plan, events_, observer_);
  const ResultFolder folder(environment_.data_root.get(), RunFolder(diagnosis_.metadata.uid) +
                                                              "/results/" + beginning.begin.stamp);
  // Times in objects are whole seconds, too coarse to begin with.
  const bool begins_now = !recovery && !diagnosis_.status.start_time;
  const auto earlier_start = begins_now ? std::nullopt : std::optional(beginning.begin.start_time);
  const RunContext context{.environment = environment_,
                           .diagnosis = diagnosis_,
                           .plan = plan,
                           .lock = lock_,
                           .folder = folder,
                           .journal = *beginning.journal,
                           .progress = progress,
                           .events = events_,
                           .cancellation = cancellation_,
                           .deadline = DeadlineFrom(earlier_start)};
  NodeRunner runner(context);
  if (beginning.prepared) {
    const graph::NodeIndex first = plan.graph.Successors(0).front();
    runner.Offer(plan.OperationOf(first)->entry.module_path, std::move(beginning.prepared));
  }
  observer_.OnRunning(writer_.diagnosis(), recovery.has_value());
  if (recovery) {
    for (const auto& [node, attempts] : recovery->attempts) progress.SetAttempts(node, attempts);
  } else if (!environment_.options.parameters_checked &&
             plan.Descriptors().size() == plan.operations.size()) {
    // An operation that is missing might have read any key.
    for (const auto& unknown : UnknownParameters(diagnosis_.spec.parameters, plan.Descriptors())) {
      observer_.OnWarning(unknown.message);
    }
  }
  writer_.WatchProgress(progress, folder);

  const bool all = plan.operation_set.strategy == api::Strategy::kAllPaths;
  const Recovery* before = recovery ? &*recovery : nullptr;
  Result<Verdict> verdict =
      all ? WalkAllPaths(context, runner, before) : WalkFirstPath(context, runner, before);
  writer_.StopWatching();
  const CancelCause cause = cancellation_.cause();
  if (cause == CancelCause::kShutdown || cause == CancelCause::kDeleted) {
    // A decided run is written all the same, unless there is nothing to write it to.
    if (!verdict.ok() || !verdict->failure.ok() || cause == CancelCause::kDeleted) {
      environment_.viewers.Stop(diagnosis_.metadata.uid);
      return Status::Cancelled(cause == CancelCause::kDeleted ? "the Diagnosis is gone"
                                                              : "the engine ends");
    }
  }
  if (!verdict.ok()) verdict = Verdict{.failure = verdict.status(), .succeeded_path = {}};
  auto finished = Finish(plan, *verdict, progress, folder, runner.ViewersStarted());
  if (finished.ok()) {
    const Status ended = beginning.journal->Append(EndRecord{.succeeded = verdict->failure.ok()});
    if (!ended.ok()) {
      environment_.logger.Warning("the journal could not be ended", {{"error", ended.message()}});
    }
  }
  return finished;
}

Result<api::Diagnosis> DiagnosisRun::Fail(const Status& failure) {
  auto finished = writer_.Finish(
      [&failure](api::DiagnosisStatus& status) { SetFailed(status, failure, api::Now()); });
  if (finished.ok()) {
    events_.Record(store::EventType::kWarning, kEventDiagnosisFailed,
                   failure.reason() + ": " + failure.message());
  }
  return finished;
}

Result<api::Diagnosis> DiagnosisRun::Finish(const Plan& plan, const Verdict& verdict,
                                            RunProgress& progress, const ResultFolder& folder,
                                            size_t viewers_started) {
  const std::string& uid = diagnosis_.metadata.uid;
  const bool ended_by_user =
      verdict.failure.reason() == kReasonCancelled || verdict.failure.reason() == kReasonSuspended;
  if (ended_by_user) environment_.viewers.Stop(uid);

  std::string message = progress.Summary(verdict.succeeded_path);
  if (message.empty()) {
    message =
        plan.operation_set.metadata.name + " succeeded by path " + Join(verdict.succeeded_path);
  }
  auto finished = writer_.Finish([&](api::DiagnosisStatus& status) {
    if (const Status filled = progress.Fill(folder, status); !filled.ok()) {
      environment_.logger.Warning("results could not be saved", {{"error", filled.message()}});
    }
    const api::Time now = api::Now();
    if (verdict.failure.ok()) {
      status.succeeded_path = plan.PathOf(verdict.succeeded_path);
      SetSucceeded(status, message, now);
    } else {
      SetFailed(status, verdict.failure, now);
    }
    if (viewers_started == 0) return;
    if (environment_.viewers.CountOf(uid) >= viewers_started) {
      SetServing(status, true, kReasonServing, "its pages are served until they expire", now);
    } else {
      SetServing(status, false, ended_by_user ? kReasonCancelled : kReasonExitedEarly,
                 "a page of it is gone before its time", now);
    }
  });
  if (!finished.ok()) {
    // Nobody will ever read of the page.
    if (finished.status().code() == StatusCode::kNotFound) environment_.viewers.Stop(uid);
    return finished;
  }
  if (verdict.failure.ok()) {
    events_.Record(store::EventType::kNormal, kEventDiagnosisSucceeded, message);
  } else {
    events_.Record(store::EventType::kWarning, kEventDiagnosisFailed,
                   verdict.failure.reason() + ": " + finished->status.message);
  }
  return finished;
}

Deadline DiagnosisRun::DeadlineFrom(std::optional<api::Time> earlier_start) const {
  if (!diagnosis_.spec.timeout_seconds) return Deadline::Never();
  constexpr int64_t kLongest = 10LL * 365 * 24 * 3600;
  const seconds timeout(std::clamp<int64_t>(*diagnosis_.spec.timeout_seconds, 0, kLongest));
  if (!earlier_start) return Deadline::After(timeout);
  const auto passed = std::max(std::chrono::system_clock::now() - *earlier_start,
                               std::chrono::system_clock::duration::zero());
  return Deadline::After(
      std::max<Deadline::Clock::duration>(timeout - passed, Deadline::Clock::duration::zero()));
}

std::string DiagnosisRun::NewStamp(api::Time now) const {
  const std::string base = LocalStamp(now);
  std::string stamp = base;
  for (int number = 2; faccessat(lock_->directory(), ("results/" + stamp).c_str(), F_OK, 0) == 0;
       ++number) {
    stamp = base + "-" + std::to_string(number);
  }
  return stamp;
}

}  // namespace kubediag::diagnosis
