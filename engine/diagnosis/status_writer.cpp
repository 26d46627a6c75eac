#include "engine/diagnosis/status_writer.h"

#include <algorithm>
#include <condition_variable>
#include <string>
#include <utility>

#include "engine/api/conditions.h"
#include "engine/api/time.h"
#include "engine/core/deadline.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"

namespace kubediag::diagnosis {
namespace {

Status Gone(const api::Diagnosis& diagnosis) {
  return Status::NotFound("Diagnosis " + diagnosis.metadata.namespace_name + "/" +
                          diagnosis.metadata.name + " has been deleted");
}

std::string InstanceOf(const api::DiagnosisStatus& status) {
  return status.claim ? status.claim->instance : "";
}

// Whether `current` is at the same turn of its life as when we wrote or read `ours`.
bool IsStillOurs(const api::Diagnosis& current, const api::DiagnosisStatus& ours) {
  if (HasEnded(current.status.phase)) return false;
  const bool claimed = ours.phase == api::Phase::kRunning;
  if (claimed != (current.status.phase == api::Phase::kRunning)) return false;
  if (!claimed) return !current.spec.suspend;
  return InstanceOf(current.status) == InstanceOf(ours);
}

// Whether `current` is what the write of `wanted` made: its answer was lost.
bool IsOurEnd(const api::DiagnosisStatus& current, const api::DiagnosisStatus& wanted) {
  return HasEnded(wanted.phase) && current.phase == wanted.phase &&
         current.completion_time == wanted.completion_time && current.message == wanted.message &&
         InstanceOf(current) == InstanceOf(wanted);
}

Status TakenAway(const api::Diagnosis& current) {
  const bool ended = HasEnded(current.status.phase);
  return Status::FailedPrecondition(
             "Diagnosis " + current.metadata.namespace_name + "/" + current.metadata.name +
             (ended ? " has been ended by somebody else: " + current.status.message
                    : " is another's meanwhile"))
      .WithReason(kReasonTakenAway);
}

// Only the engine's own end keeps a result from being written.
void SleepUnlessShutdown(milliseconds duration, const Cancellation& cancellation) {
  constexpr milliseconds kStep{50};
  for (Deadline until = Deadline::After(duration); !until.Passed();) {
    if (cancellation.cause() == CancelCause::kShutdown) return;
    std::this_thread::sleep_for(std::min<Deadline::Clock::duration>(kStep, until.Left()));
  }
}

}  // namespace

StatusWriter::StatusWriter(Environment& environment, api::Diagnosis diagnosis,
                           Cancellation& cancellation)
    : environment_(environment), cancellation_(cancellation), diagnosis_(std::move(diagnosis)) {}

StatusWriter::~StatusWriter() = default;

api::Diagnosis StatusWriter::diagnosis() const {
  const std::lock_guard lock(mutex_);
  return diagnosis_;
}

Status StatusWriter::Claim(const std::string& node_name, const std::string& set_hash) {
  const std::lock_guard lock(mutex_);
  api::Diagnosis claimed = diagnosis_;
  SetRunning(claimed.status, node_name, environment_.options.instance, set_hash, api::Now());
  KUBEDIAG_RETURN_IF_ERROR(environment_.store.WriteStatus(claimed));
  diagnosis_ = std::move(claimed);
  return Status::Ok();
}

void StatusWriter::WatchProgress(RunProgress& progress, const ResultFolder& folder) {
  watcher_ = std::jthread([this, &progress, &folder](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    const auto heartbeat = environment_.options.heartbeat_interval;
    const bool has_heart = heartbeat > heartbeat.zero();
    std::chrono::nanoseconds interval =
        std::max<milliseconds>(environment_.options.limits.progress_interval, milliseconds(1));
    if (has_heart) interval = std::min(interval, heartbeat);
    auto beaten = Deadline::Clock::now();
    while (!stop.stop_requested()) {
      never.wait_for(lock, stop, interval, [] { return false; });
      if (stop.stop_requested()) return;
      const bool beats = has_heart && Deadline::Clock::now() - beaten >= heartbeat;
      const bool changed = progress.TakeChanged();
      if (!changed && !beats) continue;
      if (WriteProgress(progress, folder, beats) && beats) beaten = Deadline::Clock::now();
    }
  });
}

void StatusWriter::StopWatching() {
  if (!watcher_.joinable()) return;
  watcher_.request_stop();
  watcher_.join();
}

bool StatusWriter::WriteProgress(RunProgress& progress, const ResultFolder& folder, bool beats) {
  const std::lock_guard lock(mutex_);
  api::DiagnosisStatus status = diagnosis_.status;
  if (beats) status.heartbeat_time = api::Now();
  if (const Status filled = progress.Fill(folder, status); !filled.ok()) {
    environment_.logger.Warning("results could not be saved", {{"error", filled.message()}});
  }
  FitStatus(status, kMaxStatusBytes, api::Now());
  const Status written = Write(std::move(status));
  if (written.code() == StatusCode::kNotFound) {
    cancellation_.Request(CancelCause::kDeleted);
  } else if (written.reason() == kReasonTakenAway) {
    environment_.logger.Warning("a run is given up", {{"why", written.message()}});
    cancellation_.Request(CancelCause::kTakenAway);
  } else if (!written.ok()) {
    environment_.logger.Warning("progress could not be written", {{"error", written.message()}});
  }
  return written.ok();
}

Result<api::Diagnosis> StatusWriter::ReadCurrent() {
  const api::ObjectMeta& metadata = diagnosis_.metadata;
  auto current = environment_.store.GetDiagnosis(metadata.namespace_name, metadata.name);
  if (current.ok() && current->metadata.uid != metadata.uid) return Gone(diagnosis_);
  return current;
}

void StatusWriter::TakeOver(const api::Diagnosis& current, api::DiagnosisStatus& status) {
  diagnosis_.metadata = current.metadata;
  status.heartbeat_time = std::max(status.heartbeat_time, current.status.heartbeat_time);
  const auto* serving = api::FindCondition(current.status.conditions, api::kConditionServing);
  if (serving != nullptr && serving->status == api::kConditionFalse) {
    api::SetCondition(status.conditions, *serving, api::Now());
  }
}

Status StatusWriter::Write(api::DiagnosisStatus status) {
  Status written;
  for (int attempt = 0; attempt < kMaxStatusConflicts; ++attempt) {
    api::Diagnosis changed = diagnosis_;
    changed.status = status;
    written = environment_.store.WriteStatus(changed);
    if (written.ok()) {
      diagnosis_ = std::move(changed);
      return written;
    }
    if (written.reason() != kReasonConflict) return written;
    KUBEDIAG_ASSIGN_OR_RETURN(api::Diagnosis current, ReadCurrent());
    if (IsOurEnd(current.status, status)) {
      diagnosis_ = std::move(current);
      return Status::Ok();
    }
    if (!IsStillOurs(current, diagnosis_.status)) return TakenAway(current);
    TakeOver(current, status);
  }
  return written;
}

Result<api::Diagnosis> StatusWriter::Finish(
    const std::function<void(api::DiagnosisStatus&)>& finish) {
  StopWatching();
  const std::lock_guard lock(mutex_);
  api::DiagnosisStatus status = diagnosis_.status;
  finish(status);
  FitStatus(status, kMaxStatusBytes, api::Now());
  const Deadline deadline = Deadline::After(std::chrono::duration_cast<Deadline::Clock::duration>(
      environment_.options.status_write_timeout));
  milliseconds pause = kStatusRetryFirst;
  for (;;) {
    const Status written = Write(status);
    if (written.ok()) return diagnosis_;
    const bool retry =
        written.code() == StatusCode::kUnavailable || written.reason() == kReasonConflict;
    if (!retry || deadline.Passed() || cancellation_.cause() == CancelCause::kShutdown) {
      return written;
    }
    environment_.logger.Warning("the final status could not be written yet",
                                {{"error", written.message()}});
    SleepUnlessShutdown(pause, cancellation_);
    pause = std::min(2 * pause, kStatusRetryLongest);
  }
}

}  // namespace kubediag::diagnosis
