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
    const auto interval =
        std::max<milliseconds>(environment_.options.limits.progress_interval, milliseconds(1));
    while (!stop.stop_requested()) {
      never.wait_for(lock, stop, interval, [] { return false; });
      if (!stop.stop_requested() && progress.TakeChanged()) WriteProgress(progress, folder);
    }
  });
}

void StatusWriter::StopWatching() {
  if (!watcher_.joinable()) return;
  watcher_.request_stop();
  watcher_.join();
}

void StatusWriter::WriteProgress(RunProgress& progress, const ResultFolder& folder) {
  const std::lock_guard lock(mutex_);
  api::DiagnosisStatus status = diagnosis_.status;
  if (const Status filled = progress.Fill(folder, status); !filled.ok()) {
    environment_.logger.Warning("results could not be saved", {{"error", filled.message()}});
  }
  FitStatus(status, kMaxStatusBytes, api::Now());
  const Status written = Write(std::move(status));
  if (written.code() == StatusCode::kNotFound) {
    cancellation_.Request(CancelCause::kDeleted);
  } else if (!written.ok()) {
    environment_.logger.Warning("progress could not be written", {{"error", written.message()}});
  }
}

Status StatusWriter::TakeOver(api::DiagnosisStatus& status) {
  const api::ObjectMeta& metadata = diagnosis_.metadata;
  auto current = environment_.store.GetDiagnosis(metadata.namespace_name, metadata.name);
  KUBEDIAG_RETURN_IF_ERROR(current.status());
  if (current->metadata.uid != metadata.uid) return Gone(diagnosis_);
  diagnosis_.metadata = current->metadata;
  status.heartbeat_time = current->status.heartbeat_time;
  const auto* serving = api::FindCondition(current->status.conditions, api::kConditionServing);
  if (serving != nullptr && serving->status == api::kConditionFalse) {
    api::SetCondition(status.conditions, *serving, api::Now());
  }
  return Status::Ok();
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
    KUBEDIAG_RETURN_IF_ERROR(TakeOver(status));
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
  const Deadline deadline = Deadline::After(kStatusWriteTimeout);
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
