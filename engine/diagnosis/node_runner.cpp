#include "engine/diagnosis/node_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/listen.h"
#include "engine/diagnosis/parameters.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/secrets.h"
#include "engine/diagnosis/status.h"
#include "engine/diagnosis/viewer_life.h"
#include "engine/operation/text.h"

namespace kubediag::diagnosis {
namespace {

using Clock = Deadline::Clock;
using std::chrono::system_clock;

// A folder for the saved results of one attempt.
std::string RunName(graph::NodeIndex node, int64_t attempt) {
  return std::to_string(node) + "-" + std::to_string(attempt);
}

std::vector<RecordedFile> ToRecord(const std::vector<api::Artifact>& files) {
  std::vector<RecordedFile> recorded;
  recorded.reserve(files.size());
  for (const api::Artifact& file : files) {
    recorded.push_back({.key = file.key,
                        .path = file.path,
                        .size = static_cast<uint64_t>(file.size),
                        .sha256 = file.sha256});
  }
  return recorded;
}

std::vector<api::Artifact> FromRecord(const std::vector<RecordedFile>& recorded) {
  std::vector<api::Artifact> files;
  files.reserve(recorded.size());
  for (const RecordedFile& file : recorded) {
    files.push_back({.key = file.key,
                     .path = file.path,
                     .size = static_cast<int64_t>(file.size),
                     .sha256 = file.sha256});
  }
  return files;
}

Clock::duration ShortOf(std::chrono::nanoseconds duration) {
  // Far enough, and no sum with it overflows.
  constexpr std::chrono::nanoseconds kLongest = kMaxViewerLinger;
  return std::chrono::duration_cast<Clock::duration>(std::min(duration, kLongest));
}

// "30 s"; a timeout of a fraction of a second is told as such.
std::string TimeoutText(std::chrono::nanoseconds timeout) {
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  return whole % 1000 == 0 ? std::to_string(whole / 1000) + " s" : std::to_string(whole) + " ms";
}

}  // namespace

// One attempt at a node while it is under way.
struct NodeRunner::Attempt {
  graph::NodeIndex node = 0;
  std::string digest;
  const ResolvedOperation* operation = nullptr;
  int64_t number = 0;  // 0 until it is about to be run
  api::Time start_time = api::Now();
  Clock::time_point started = Clock::now();

  operation::Job job;
  std::optional<ArtifactFolder> artifact_folder;
  std::optional<ViewerSocket> socket;
  Viewers::Ticket ticket;
  std::unique_ptr<operation::OperationRun> run;

  ResultMap results;
  std::vector<api::Artifact> files;
  std::optional<RecordedViewer> viewer;
};

Result<Secrets> ReadSecretsOf(const operation::OperationDescriptor& descriptor,
                              const api::Diagnosis& diagnosis, Environment& environment) {
  const SecretRule rule = environment.options.secrets_checked_by_admission
                              ? SecretRule::kCheckedByAdmission
                              : SecretRule::kOwnNamespaceOrLabel;
  return ReadSecrets(descriptor, diagnosis, rule, environment.store);
}

NodeRunner::NodeRunner(RunContext context)
    : context_(std::move(context)),
      context_keys_(ContextKeys(context_.diagnosis, context_.environment.options.node_name)) {}

void NodeRunner::Offer(const std::string& module_path,
                       std::unique_ptr<operation::OperationRun> run) {
  const std::lock_guard lock(mutex_);
  offered_.emplace(module_path, std::move(run));
}

void NodeRunner::OfferSecrets(graph::NodeIndex node, Result<Secrets> secrets) {
  const std::lock_guard lock(mutex_);
  offered_secrets_.emplace(node, std::move(secrets));
}

size_t NodeRunner::ViewersStarted() const {
  const std::lock_guard lock(mutex_);
  return viewers_started_;
}

Result<std::unique_ptr<operation::OperationRun>> NodeRunner::TakeRun(
    const std::string& module_path) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = offered_.find(module_path);
    if (found != offered_.end()) {
      auto run = std::move(found->second);
      offered_.erase(found);
      return run;
    }
  }
  return context_.environment.runner.Prepare(module_path);
}

Result<Secrets> NodeRunner::TakeSecrets(const Attempt& attempt) {
  {
    const std::lock_guard lock(mutex_);
    auto offered = offered_secrets_.extract(attempt.node);
    if (!offered.empty()) return std::move(offered.mapped());
  }
  return ReadSecretsOf(attempt.operation->entry.descriptor, context_.diagnosis,
                       context_.environment);
}

bool NodeRunner::Abandoned() const {
  const CancelCause cause = context_.cancellation.cause();
  return cause == CancelCause::kShutdown || WritesNothing(cause);
}

Status NodeRunner::SetUp(Attempt& attempt, const ResultMap& results) {
  const ExecutorOptions& options = context_.environment.options;
  const operation::OperationDescriptor& descriptor = attempt.operation->entry.descriptor;
  operation::Job& job = attempt.job;
  job.operation = descriptor.name;
  job.parameters = BuildParameters(context_.diagnosis.spec.parameters, results, context_keys_);
  KUBEDIAG_RETURN_IF_ERROR(CheckParameters(descriptor, job.parameters));
  KUBEDIAG_RETURN_IF_ERROR(CheckAllNamed(descriptor, context_.diagnosis, job.parameters));
  FillDefaults(descriptor, job.parameters);
  job.settings = attempt.operation->settings;
  job.policy = options.policy;
  job.libexec_directory = options.libexec_directory;

  KUBEDIAG_ASSIGN_OR_RETURN(attempt.run, TakeRun(attempt.operation->entry.module_path));
  auto secrets = TakeSecrets(attempt);
  if (secrets.status().code() == StatusCode::kUnavailable) {
    return secrets.status().WithReason(kReasonStoreUnavailable);
  }
  KUBEDIAG_ASSIGN_OR_RETURN(job.secrets, std::move(secrets));

  if (!descriptor.artifact_folder.empty()) {
    KUBEDIAG_ASSIGN_OR_RETURN(
        attempt.artifact_folder,
        MakeArtifactFolder(context_.environment.data_root.get(), descriptor.artifact_folder,
                           context_.diagnosis.spec, attempt.start_time));
    job.artifact_directory = attempt.artifact_folder->directory.get();
    job.artifact_path = options.data_root + "/" + attempt.artifact_folder->relative_path;
  }
  if (descriptor.serves_http()) {
    attempt.ticket = context_.places.Take(context_.environment.viewers);
    if (!attempt.ticket) {
      return Status::ResourceExhausted("all " + std::to_string(options.limits.live_viewers) +
                                       " pages that this node serves at once are taken; try again "
                                       "when one has expired or its Diagnosis is deleted")
          .WithReason(kReasonViewerLimit);
    }
    KUBEDIAG_ASSIGN_OR_RETURN(attempt.socket, BindViewerSocket(options));
    context_.events.Hide(attempt.socket->capability);
    job.listen_socket = attempt.socket->fd.get();
    job.base_url = attempt.socket->base_url;
  }
  return Status::Ok();
}

operation::RunOutcome NodeRunner::RunJob(Attempt& attempt) {
  attempt.started = Clock::now();
  attempt.job.deadline =
      Deadline::Earlier(Deadline::After(ShortOf(attempt.operation->timeout)), context_.deadline);
  const Status started = attempt.run->Start(std::move(attempt.job));
  if (!started.ok()) {
    operation::RunOutcome outcome;
    outcome.status = started;
    return outcome;
  }
  return attempt.run->Wait(context_.cancellation.token());
}

Status NodeRunner::Explain(const Attempt& attempt, const operation::RunOutcome& outcome) const {
  const Status& status = outcome.status;
  if (status.ok()) return status;
  if (status.reason() == kReasonCancelled && context_.cancellation.requested()) {
    const bool suspended = context_.cancellation.cause() == CancelCause::kSuspended;
    return Status::Cancelled(suspended ? "suspended while it ran" : "cancelled while it ran")
        .WithReason(suspended ? kReasonSuspended : kReasonCancelled);
  }
  // Nobody has asked for it: the word is the operation's own, and must not pass for the engine's,
  // which ends a run for good.
  if (status.reason() == kReasonCancelled || status.reason() == kReasonSuspended) {
    return status.WithReason("OperationFailed");
  }
  if (status.code() == StatusCode::kDeadlineExceeded || status.reason() == "OperationTimeout") {
    if (context_.deadline.Passed()) {
      return Status::DeadlineExceeded(
          "spec.timeoutSeconds (" +
          std::to_string(context_.diagnosis.spec.timeout_seconds.value_or(0)) +
          " s) of the Diagnosis passed while it ran");
    }
    if (status.message().empty() || status.reason() == "OperationTimeout") {
      const std::string detail = status.message().empty() ? "" : ": " + status.message();
      return Status::DeadlineExceeded("did not end within " +
                                      TimeoutText(attempt.operation->timeout) + detail)
          .WithReason("OperationTimeout");
    }
  }
  return status;
}

Status NodeRunner::Keep(Attempt& attempt, operation::RunOutcome outcome) {
  size_t bytes = 0;
  for (const auto& [key, value] : outcome.results) bytes += value.size();
  if (!context_.progress.ReserveResultBytes(bytes)) {
    return Status::ResourceExhausted("the results of the Diagnosis would pass " +
                                     std::to_string(kMaxDiagnosisResultBytes) + " bytes")
        .WithReason("ResultLimit");
  }
  KUBEDIAG_ASSIGN_OR_RETURN(attempt.results,
                            TakeResults(std::move(outcome.results),
                                        RunName(attempt.node, attempt.number), context_.folder));
  if (attempt.artifact_folder) {
    KUBEDIAG_ASSIGN_OR_RETURN(attempt.files,
                              DescribeArtifacts(*attempt.artifact_folder, outcome.artifacts));
  }
  if (outcome.serving && attempt.socket) {
    const auto expires = system_clock::now() + ShortOf(outcome.linger);
    attempt.viewer = RecordedViewer{
        .port = attempt.socket->port,
        .base_url = attempt.socket->base_url,
        .state = std::move(outcome.state),
        .module_path = attempt.operation->entry.module_path,
        .artifact_folder = attempt.artifact_folder ? attempt.artifact_folder->relative_path : "",
        .expires = std::chrono::ceil<std::chrono::seconds>(expires.time_since_epoch()).count()};
  }
  return Status::Ok();
}

Result<NodeRunner::End> NodeRunner::Close(Attempt& attempt, const Status& status) {
  FinishedRecord record;
  record.node = attempt.node;
  record.attempt = attempt.number;
  record.digest = attempt.digest;
  record.succeeded = status.ok();
  record.reason = status.reason();
  record.message = Shorten(status.message(), kMaxMessageBytes);
  record.start_time = attempt.start_time;
  record.end_time = api::Now();
  if (attempt.number > 0) record.duration = Clock::now() - attempt.started;
  if (status.ok()) {
    record.values = ToRecord(attempt.results);
    record.files = ToRecord(attempt.files);
    record.viewer = attempt.viewer;
  } else {
    attempt.results.clear();
    attempt.files.clear();
    attempt.run.reset();
    if (attempt.artifact_folder) {
      // Only if the operation left nothing in it.
      (void)unlinkat(context_.environment.data_root.get(),
                     attempt.artifact_folder->relative_path.c_str(), AT_REMOVEDIR);
    }
  }
  const Status recorded = context_.journal.Append(record);
  if (recorded.reason() == "ResultLimit" && status.ok()) return Close(attempt, recorded);
  KUBEDIAG_RETURN_IF_ERROR(recorded.WithReason(kReasonJournalUnavailable));

  if (attempt.viewer && status.ok()) {
    Viewer viewer;
    viewer.expires = system_clock::time_point(std::chrono::seconds(attempt.viewer->expires));
    viewer.run = std::move(attempt.run);
    viewer.listen_socket = std::move(attempt.socket->fd);
    if (attempt.artifact_folder) {
      viewer.artifact_directory = std::move(attempt.artifact_folder->directory);
    }
    viewer.keep = context_.lock;
    viewer.module = attempt.operation->entry.lease;
    {
      const std::lock_guard lock(mutex_);
      ++viewers_started_;
    }
    KeepViewer(context_.environment,
               OwnerOf(context_.diagnosis, attempt.node, context_.plan.NameOf(attempt.node)),
               std::move(viewer), std::move(attempt.ticket));
  }
  context_.progress.Finish(
      {.node = attempt.node,
       .attempt = attempt.number,
       .status = status.ok() ? status : Status(status.code(), record.reason, record.message),
       .start_time = record.start_time,
       .end_time = record.end_time,
       .duration = record.duration,
       .results = attempt.results,
       .files = attempt.files},
      ReportOrigin::kThisProcess);
  return End{.succeeded = status.ok(), .results = std::move(attempt.results)};
}

Result<NodeRunner::End> NodeRunner::Run(graph::NodeIndex node, const std::string& digest,
                                        const ResultMap& results) {
  Attempt attempt;
  attempt.node = node;
  attempt.digest = digest;
  const auto& resolved = context_.plan.OperationOf(node);
  if (!resolved.ok()) return Close(attempt, resolved.status());
  attempt.operation = &*resolved;

  const auto slot = context_.environment.slots.Acquire(context_.cancellation.token());
  if (Abandoned()) return Status::Cancelled("the engine ends");
  if (!slot) {
    const bool suspended = context_.cancellation.cause() == CancelCause::kSuspended;
    return Close(attempt, Status::Cancelled(suspended ? "suspended before it ran"
                                                      : "cancelled before it ran")
                              .WithReason(suspended ? kReasonSuspended : kReasonCancelled));
  }
  if (Status status = SetUp(attempt, results); !status.ok()) {
    if (Abandoned()) return Status::Cancelled("the engine ends");
    // Says nothing about the operation, which can be run once the store answers again.
    if (status.reason() == kReasonStoreUnavailable) return status;
    return Close(attempt, status);
  }

  attempt.number = context_.progress.Start(node, attempt.start_time);
  KUBEDIAG_RETURN_IF_ERROR(context_.journal
                               .Append(StartedRecord{.node = node,
                                                     .attempt = attempt.number,
                                                     .digest = digest,
                                                     .time = attempt.start_time})
                               .WithReason(kReasonJournalUnavailable));
  operation::RunOutcome outcome = RunJob(attempt);
  if (Abandoned()) return Status::Cancelled("the engine ends");
  Status status = Explain(attempt, outcome);
  if (status.ok()) status = Keep(attempt, std::move(outcome));
  return Close(attempt, status);
}

Result<NodeRunner::End> NodeRunner::Interrupt(const StartedRecord& started) {
  Attempt attempt;
  attempt.node = started.node;
  attempt.digest = started.digest;
  attempt.number = started.attempt;
  attempt.start_time = started.time;
  const bool too_often = context_.plan.OperationOf(started.node).ok() &&
                         context_.plan.OperationOf(started.node)->repeatable;
  return Close(attempt,
               Status::FailedPrecondition(
                   too_often ? "the engine ended while it ran, time and again"
                             : "the engine ended while it ran, and it must not be run twice")
                   .WithReason(kReasonInterrupted));
}

Result<NodeRunner::End> NodeRunner::Replay(const FinishedRecord& record) {
  End end{.succeeded = record.succeeded, .results = {}};
  KUBEDIAG_ASSIGN_OR_RETURN(
      end.results, diagnosis::FromRecord(record.values, RunName(record.node, record.attempt),
                                         context_.environment.data_root.get()));
  size_t bytes = 0;
  for (const auto& [key, entry] : end.results) bytes += entry->value.size();
  (void)context_.progress.ReserveResultBytes(bytes);
  context_.progress.Finish({.node = record.node,
                            .attempt = record.attempt,
                            .status = record.succeeded ? Status::Ok()
                                                       : Status(StatusCode::kFailedPrecondition,
                                                                record.reason, record.message),
                            .start_time = record.start_time,
                            .end_time = record.end_time,
                            .duration = record.duration,
                            .results = end.results,
                            .files = FromRecord(record.files)},
                           ReportOrigin::kJournal);
  const int64_t now = api::Now().time_since_epoch().count();
  if (record.viewer && record.viewer->expires > now) {
    const std::string& name = context_.plan.NameOf(record.node);
    context_.events.Hide(operation::CapabilityOf(record.viewer->base_url));
    const bool serves =
        context_.environment.viewers.Serves(context_.diagnosis.metadata.uid, record.node);
    const Status restored = serves ? Status::Ok()
                                   : RestoreViewer(context_.environment, context_.diagnosis, record,
                                                   context_.plan.OperationOf(record.node), name,
                                                   context_.lock, context_.cancellation.token());
    if (!restored.ok()) {
      context_.progress.Warn("the page of " + name +
                             " could not be restored: " + restored.message());
    }
    const std::lock_guard lock(mutex_);
    ++viewers_started_;
  }
  return end;
}

}  // namespace kubediag::diagnosis
