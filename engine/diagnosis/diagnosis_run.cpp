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
  std::optional<Result<Secrets>> secrets;             // for the first node, or none
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

// KubeDiag has no such limit; ours is of the node, so waiting for it may help. Every node that may
// serve has its place, though not all need come to it: none is refused one after the claim.
Status DiagnosisRun::ReservePlaces(const Plan& plan) {
  size_t count = 0;
  const operation::OperationDescriptor* serving = nullptr;
  for (graph::NodeIndex node = 1; node < plan.graph.size(); ++node) {
    const auto& resolved = plan.OperationOf(node);
    if (!resolved.ok() || !resolved->entry.descriptor.serves_http()) continue;
    serving = &resolved->entry.descriptor;
    ++count;
  }
  // More than there can be are for the run itself to come to terms with.
  const size_t limit = environment_.options.limits.live_viewers;
  count = std::min(count, limit);
  if (count == 0) return Status::Ok();
  std::vector<Viewers::Ticket> tickets = environment_.viewers.Reserve(count);
  if (!tickets.empty()) {
    places_.Add(std::move(tickets));
    return Status::Ok();
  }
  return Status::ResourceExhausted(
             std::to_string(limit) + " pages are served at once on this node, and operation " +
             serving->name + " serves one" +
             (count > 1 ? "; " + std::to_string(count) + " places are needed" : ""))
      .WithReason(kReasonViewerLimit);
}

Result<api::Diagnosis> DiagnosisRun::Execute(Obstacles obstacles, std::chrono::nanoseconds waited) {
  waited_ = waited;
  const bool patient = obstacles == Obstacles::kReturn && !claimed();
  if (!claimed()) {
    const Status in_time = CheckWaited(diagnosis_, waited_);
    if (!in_time.ok()) return Fail(in_time);
  }
  auto plan = MakePlan(diagnosis_, environment_.store, environment_.catalog);
  if (!plan.ok()) {
    const std::string& reason = plan.status().reason();
    if (patient && reason == api::kConditionOperationSetNotFound) return plan.status();
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
  if (obstacles != Obstacles::kFail && !claimed() && !*recovery) {
    KUBEDIAG_RETURN_IF_ERROR(ReservePlaces(*plan));
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
  // Of a uid there is but one run where objects are never made anew under it: whoever says that
  // nobody has claimed it was set back to an earlier time, and what has been run may not run twice.
  if (environment_.options.store_has_all_diagnoses && recovery.ok() &&
      (recovery->ended || !recovery->attempts.empty())) {
    if (equal) return std::optional(*std::move(recovery));
    return Status::FailedPrecondition(
               "it has been run already on this node, when it or its OperationSet was another")
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

std::future<Result<Secrets>> DiagnosisRun::ReadFirstSecrets(const Plan& plan) {
  const auto& resolved = plan.OperationOf(plan.graph.Successors(0).front());
  if (!resolved.ok() || resolved->entry.descriptor.secrets.empty()) return {};
  // A copy, for the claim changes the original.
  return std::async(std::launch::async,
                    [this, diagnosis = diagnosis_, descriptor = resolved->entry.descriptor] {
                      return ReadSecretsOf(descriptor, diagnosis, environment_);
                    });
}

Result<api::Diagnosis> DiagnosisRun::Begin(const Plan& plan,
                                           const std::optional<Recovery>& recovery) {
  const std::string node = diagnosis_.spec.node_name.empty() ? environment_.options.node_name
                                                             : diagnosis_.spec.node_name;
  // The claim is a round trip; meanwhile the first operation's process is spawned, and its Secrets
  // are read.
  std::future<Result<Secrets>> secrets;
  if (!recovery) secrets = ReadFirstSecrets(plan);
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
                       // By this machine's clock, which goes on with it: the status' start may be
                       // by another's.
                       .start_time = now - std::chrono::duration_cast<seconds>(waited_),
                       .repeatable = plan.Repeatable()};
    beginning.prepared = PrepareFirst(plan);
    journal = Journal::Create(lock_->directory(), beginning.begin);
  }
  if (const Status claimed = claim.get(); !claimed.ok()) {
    // Another one's run of it is not ours to go on with, whatever our journal says.
    if (!recovery && claimed.reason() == kReasonConflict) {
      journal = claimed;
      KUBEDIAG_RETURN_IF_ERROR(Journal::Discard(lock_->directory()));
    }
    return claimed;
  }
  if (!journal.ok()) {
    return Fail(journal.status().Annotate("journal").WithReason(kReasonJournalUnavailable));
  }
  beginning.journal = *std::move(journal);
  if (secrets.valid()) beginning.secrets = secrets.get();
  return Drive(plan, recovery, std::move(beginning));
}

Result<api::Diagnosis> DiagnosisRun::Drive(const Plan& plan,
                                           const std::optional<Recovery>& recovery,
                                           Beginning beginning) {
  RunProgress progress(plan, events_, observer_);
  const ResultFolder folder(environment_.data_root.get(), RunFolder(diagnosis_.metadata.uid) +
                                                              "/results/" + beginning.begin.stamp);
  const auto passed = recovery
                          ? std::max<std::chrono::nanoseconds>(
                                std::chrono::system_clock::now() - beginning.begin.start_time, {})
                          : waited_;
  const RunContext context{.environment = environment_,
                           .diagnosis = diagnosis_,
                           .plan = plan,
                           .lock = lock_,
                           .folder = folder,
                           .journal = *beginning.journal,
                           .progress = progress,
                           .events = events_,
                           .places = places_,
                           .cancellation = cancellation_,
                           .deadline = DeadlineAfter(passed)};
  NodeRunner runner(context);
  const graph::NodeIndex first = plan.graph.Successors(0).front();
  if (beginning.prepared) {
    runner.Offer(plan.OperationOf(first)->entry.module_path, std::move(beginning.prepared));
  }
  if (beginning.secrets) runner.OfferSecrets(first, *std::move(beginning.secrets));
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
  if (WritesNothing(cause)) {
    environment_.viewers.Stop(diagnosis_.metadata.uid);
    if (cause == CancelCause::kDeleted) return Status::Cancelled("the Diagnosis is gone");
    EndJournal(*beginning.journal, false);
    return Status::FailedPrecondition("somebody else has ended or claimed it")
        .WithReason(kReasonTakenAway);
  }
  // A decided run is written all the same.
  if (cause == CancelCause::kShutdown && (!verdict.ok() || !verdict->failure.ok())) {
    environment_.viewers.Stop(diagnosis_.metadata.uid);
    return Status::Cancelled("the engine ends");
  }
  // The journal is left open, and who asked for the run tries again.
  if (verdict.status().reason() == kReasonStoreUnavailable) return verdict.status();
  if (!verdict.ok()) verdict = Verdict{.failure = verdict.status(), .succeeded_path = {}};
  auto finished = Finish(plan, *verdict, progress, folder, runner.ViewersStarted());
  if (finished.ok()) EndJournal(*beginning.journal, verdict->failure.ok());
  if (finished.status().reason() == kReasonTakenAway) EndJournal(*beginning.journal, false);
  return finished;
}

void DiagnosisRun::EndJournal(Journal& journal, bool succeeded) const {
  const Status ended = journal.Append(EndRecord{.succeeded = succeeded});
  if (!ended.ok()) {
    environment_.logger.Warning("the journal could not be ended", {{"error", ended.message()}});
  }
}

Result<api::Diagnosis> DiagnosisRun::Fail(const Status& failure) {
  environment_.viewers.Stop(diagnosis_.metadata.uid);
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
    const Status& status = finished.status();
    if (status.code() == StatusCode::kNotFound || status.reason() == kReasonTakenAway) {
      environment_.viewers.Stop(uid);
    }
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

Deadline DiagnosisRun::DeadlineAfter(std::chrono::nanoseconds passed) const {
  if (!diagnosis_.spec.timeout_seconds) return Deadline::Never();
  constexpr int64_t kLongest = 10LL * 365 * 24 * 3600;
  const seconds timeout(std::clamp<int64_t>(*diagnosis_.spec.timeout_seconds, 0, kLongest));
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
