// StatusWriter: brings the status of one running Diagnosis into the store: the claim, progress now
// and then, the end.
//
// Thread-safe. Others may write the same status meanwhile (condition Serving, a person): the
// writer then takes over what is theirs and tries again. What somebody else has ended or claimed is
// never turned back: FailedPrecondition "TakenAway". Borrows all it is given.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

#include "engine/api/objects.h"
#include "engine/core/result.h"
#include "engine/diagnosis/cancellation.h"
#include "engine/diagnosis/environment.h"
#include "engine/diagnosis/results.h"
#include "engine/diagnosis/run_progress.h"

namespace kubediag::diagnosis {

class StatusWriter {
 public:
  // `cancellation` is asked to end the run when its object is gone, or no longer its own.
  StatusWriter(Environment& environment, api::Diagnosis diagnosis, Cancellation& cancellation);
  ~StatusWriter();
  StatusWriter(const StatusWriter&) = delete;
  StatusWriter& operator=(const StatusWriter&) = delete;

  // Running, once: a conflict is the caller's.
  Status Claim(const std::string& node_name, const std::string& set_hash);
  // From now on, every Limits::progress_interval in which something happened, and a heartbeat every
  // ExecutorOptions::heartbeat_interval. Both must live until StopWatching.
  void WatchProgress(RunProgress& progress, const ResultFolder& folder);
  void StopWatching();
  // The last write; `finish` completes the status. Tries while the store does not answer, up to
  // ExecutorOptions::status_write_timeout. NotFound: the object is gone; FailedPrecondition
  // "TakenAway".
  Result<api::Diagnosis> Finish(const std::function<void(api::DiagnosisStatus&)>& finish);

  api::Diagnosis diagnosis() const;

 private:
  // False if it could not be written.
  bool WriteProgress(RunProgress& progress, const ResultFolder& folder, bool beats);
  Status Write(api::DiagnosisStatus status);
  Result<api::Diagnosis> ReadCurrent();
  void TakeOver(const api::Diagnosis& current, api::DiagnosisStatus& status);

  Environment& environment_;
  Cancellation& cancellation_;
  mutable std::mutex mutex_;
  api::Diagnosis diagnosis_;
  std::jthread watcher_;
};

}  // namespace kubediag::diagnosis
