#include "engine/diagnosis/viewer_life.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include "engine/api/conditions.h"
#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/listen.h"
#include "engine/diagnosis/parameters.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"

namespace kubediag::diagnosis {
namespace {

using std::chrono::system_clock;

// Condition Serving of what the store has now, whoever else writes its status. Ok also if it is
// gone: nobody is to be told.
Status TryTellNotServing(Environment& environment, const ViewerOwner& owner, const char* reason,
                         const std::string& message,
                         const std::function<bool(const api::Diagnosis&)>& applies) {
  Status status;
  for (int attempt = 0; attempt < kMaxStatusConflicts; ++attempt) {
    auto diagnosis = environment.store.GetDiagnosis(owner.namespace_name, owner.name);
    status = diagnosis.status();
    if (status.ok() && (diagnosis->metadata.uid != owner.uid || !applies(*diagnosis)))
      return status;
    if (status.ok()) {
      SetServing(diagnosis->status, false, reason, message, api::Now());
      status = environment.store.WriteStatus(*diagnosis);
    }
    if (status.code() == StatusCode::kNotFound) return Status::Ok();
    if (status.reason() != kReasonConflict) return status;
  }
  return status;
}

// The store is away, does not let us in for the moment, or others are busy writing.
bool MayPass(const Status& failure) {
  return failure.code() == StatusCode::kUnavailable ||
         failure.code() == StatusCode::kPermissionDenied || failure.reason() == kReasonConflict;
}

Status TellNotServing(Environment& environment, const ViewerOwner& owner, const char* reason,
                      const std::string& message,
                      const std::function<bool(const api::Diagnosis&)>& applies) {
  Status told = TryTellNotServing(environment, owner, reason, message, applies);
  if (told.ok()) return told;
  environment.logger.Warning(
      "condition Serving could not be written",
      {{"diagnosis", owner.namespace_name + "/" + owner.name}, {"error", told.message()}});
  return MayPass(told) ? Status::Unavailable(told.message()).WithReason(kReasonStoreUnavailable)
                       : told;
}

// Whoever reads the status is sent to a page that is gone until it has been told: tries until then.
void KeepTelling(Environment& environment, const ViewerOwner& owner, const char* reason,
                 const std::string& message, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  milliseconds pause = kStatusRetryFirst;
  while (!stop.stop_requested()) {
    const Status told = TellNotServing(environment, owner, reason, message,
                                       [](const api::Diagnosis&) { return true; });
    if (told.reason() != kReasonStoreUnavailable) return;
    never.wait_for(lock, stop, pause, [] { return false; });
    pause = std::min<milliseconds>(2 * pause, kViewerEndRetryLongest);
  }
}

// Whether its status still promises a page, or says that one would come back.
bool AwaitsExpiry(const api::Diagnosis& diagnosis) {
  const api::Condition* serving =
      api::FindCondition(diagnosis.status.conditions, api::kConditionServing);
  return serving != nullptr &&
         (serving->status == api::kConditionTrue || serving->reason == kReasonRestoreFailed);
}

std::string ExpiredMessage(const ViewerOwner& owner) {
  return std::to_string(owner.node) + " " + owner.operation + " has expired; its page is gone";
}

void TellEnd(Environment& environment, const ViewerOwner& owner, ViewerEnd end,
             const std::stop_token& stop) {
  if (end == ViewerEnd::kStopped) return;  // by us: who stopped it says so
  if (end == ViewerEnd::kExpired) {
    return KeepTelling(environment, owner, kReasonExpired, ExpiredMessage(owner), stop);
  }
  environment.logger.Warning(
      "a viewer ended before its time",
      {{"diagnosis", owner.namespace_name + "/" + owner.name}, {"operation", owner.operation}});
  KeepTelling(environment, owner, kReasonExitedEarly,
              std::to_string(owner.node) + " " + owner.operation +
                  " ended before its time; its page is gone",
              stop);
}

// The copy that served before, so that the page stays the same; else today's module.
catalog::LeasedModule ModuleFor(Environment& environment, const RecordedViewer& viewer,
                                const catalog::Entry& today) {
  auto recalled = environment.catalog.Recall(viewer.module_path);
  if (recalled.ok()) return *std::move(recalled);
  return {.path = today.module_path, .lease = today.lease};
}

}  // namespace

ViewerOwner OwnerOf(const api::Diagnosis& diagnosis, int64_t node, const std::string& operation) {
  return {.namespace_name = diagnosis.metadata.namespace_name,
          .name = diagnosis.metadata.name,
          .uid = diagnosis.metadata.uid,
          .node = node,
          .operation = operation};
}

void KeepViewer(Environment& environment, const ViewerOwner& owner, Viewer viewer,
                Viewers::Ticket ticket) {
  viewer.uid = owner.uid;
  viewer.node = owner.node;
  viewer.operation = owner.operation;
  viewer.on_ended = [&environment, owner](ViewerEnd end, const std::stop_token& stop) {
    TellEnd(environment, owner, end, stop);
  };
  environment.viewers.Add(std::move(viewer), std::move(ticket));
}

Status TellExpired(Environment& environment, const api::Diagnosis& diagnosis,
                   const FinishedRecord& record) {
  std::string operation;
  for (const api::OperationOutcome& outcome : diagnosis.status.operations) {
    if (outcome.id == record.node) operation = outcome.operation;
  }
  const ViewerOwner owner = OwnerOf(diagnosis, record.node, operation);
  return TellNotServing(environment, owner, kReasonExpired, ExpiredMessage(owner), AwaitsExpiry);
}

Status TellRestoreFailed(Environment& environment, const api::Diagnosis& diagnosis,
                         const Status& failure) {
  return TellNotServing(environment, OwnerOf(diagnosis, 0, ""), kReasonRestoreFailed,
                        "its page could not be served again: " + failure.message(),
                        [](const api::Diagnosis&) { return true; });
}

Status RestoreViewer(Environment& environment, const api::Diagnosis& diagnosis,
                     const FinishedRecord& record, const Result<ResolvedOperation>& resolved,
                     const std::string& operation_name, const std::shared_ptr<RunLock>& lock,
                     const std::stop_token& stop) {
  const RecordedViewer& recorded = *record.viewer;
  Viewer viewer;
  viewer.expires = system_clock::time_point(std::chrono::seconds(recorded.expires));
  if (viewer.expires <= system_clock::now()) return Status::Ok();
  if (!resolved.ok()) return resolved.status();
  if (!resolved->entry.descriptor.restorable) {
    return Status::FailedPrecondition("operation " + operation_name + " cannot serve again")
        .WithReason(kReasonRestoreFailed);
  }
  Viewers::Ticket ticket = environment.viewers.Reserve();
  if (!ticket) {
    return Status::ResourceExhausted("all viewers of this node are taken")
        .WithReason(kReasonViewerLimit);
  }
  KUBEDIAG_ASSIGN_OR_RETURN(viewer.listen_socket,
                            RebindViewerSocket(environment.options, recorded.port));
  operation::Job job;
  if (!recorded.artifact_folder.empty()) {
    KUBEDIAG_ASSIGN_OR_RETURN(
        viewer.artifact_directory,
        ReopenArtifactFolder(environment.data_root.get(), recorded.artifact_folder));
    job.artifact_directory = viewer.artifact_directory.get();
    job.artifact_path = environment.options.data_root + "/" + recorded.artifact_folder;
  }
  job.operation = resolved->entry.descriptor.name;
  job.parameters = BuildParameters(diagnosis.spec.parameters, {},
                                   ContextKeys(diagnosis, environment.options.node_name));
  FillDefaults(resolved->entry.descriptor, job.parameters);
  job.settings = resolved->settings;
  job.policy = environment.options.policy;
  job.deadline = Deadline::After(kRestoreTimeout);
  job.listen_socket = viewer.listen_socket.get();
  job.base_url = recorded.base_url;
  job.libexec_directory = environment.options.libexec_directory;
  job.restore = true;
  job.state = recorded.state;

  const catalog::LeasedModule module = ModuleFor(environment, recorded, resolved->entry);
  viewer.module = module.lease;
  KUBEDIAG_ASSIGN_OR_RETURN(viewer.run, environment.runner.Prepare(module.path));
  KUBEDIAG_RETURN_IF_ERROR(viewer.run->Start(std::move(job)));
  const operation::RunOutcome outcome = viewer.run->Wait(stop);
  KUBEDIAG_RETURN_IF_ERROR(outcome.status);
  if (!outcome.serving) {
    return Status::FailedPrecondition("operation " + operation_name +
                                      " ended instead of serving again")
        .WithReason(kReasonRestoreFailed);
  }
  viewer.keep = lock;
  KeepViewer(environment, OwnerOf(diagnosis, record.node, operation_name), std::move(viewer),
             std::move(ticket));
  return Status::Ok();
}

}  // namespace kubediag::diagnosis
