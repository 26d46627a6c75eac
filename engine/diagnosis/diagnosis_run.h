// DiagnosisRun: one Diagnosis from its claim, or from the journal of an earlier process, to its
// final status. Used once, by one thread. Borrows all it is given but the lock.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "engine/api/objects.h"
#include "engine/core/result.h"
#include "engine/diagnosis/cancellation.h"
#include "engine/diagnosis/environment.h"
#include "engine/diagnosis/events.h"
#include "engine/diagnosis/executor.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/observer.h"
#include "engine/diagnosis/page_places.h"
#include "engine/diagnosis/plan.h"
#include "engine/diagnosis/recovery.h"
#include "engine/diagnosis/run_lock.h"
#include "engine/diagnosis/run_progress.h"
#include "engine/diagnosis/secrets.h"
#include "engine/diagnosis/status_writer.h"
#include "engine/diagnosis/walks.h"

namespace kubediag::diagnosis {

class DiagnosisRun {
 public:
  DiagnosisRun(Environment& environment, api::Diagnosis diagnosis, std::shared_ptr<RunLock> lock,
               Cancellation& cancellation, Observer& observer);

  // As Executor::Run.
  Result<api::Diagnosis> Execute(Obstacles obstacles, std::chrono::nanoseconds waited);

 private:
  struct Beginning;

  Status ReservePlaces(const Plan& plan);
  Result<api::Diagnosis> Begin(const Plan& plan, const std::optional<Recovery>& recovery);
  Result<api::Diagnosis> Drive(const Plan& plan, const std::optional<Recovery>& recovery,
                               Beginning beginning);
  Result<std::optional<Recovery>> ReadJournal(const Plan& plan);
  Result<std::optional<Recovery>> JudgeJournal(const Plan& plan, const JournalContents& contents);
  std::unique_ptr<operation::OperationRun> PrepareFirst(const Plan& plan);
  std::future<Result<Secrets>> ReadFirstSecrets(const Plan& plan);
  Result<api::Diagnosis> RejectParameters(
      const Plan& plan, const std::vector<std::pair<graph::NodeIndex, Status>>& failures);
  Result<api::Diagnosis> Fail(const Status& failure);
  Result<api::Diagnosis> Finish(const Plan& plan, const Verdict& verdict, RunProgress& progress,
                                const ResultFolder& folder, size_t viewers_started);
  void EndJournal(Journal& journal, bool succeeded) const;
  // Of spec.timeoutSeconds, of which so much has passed.
  Deadline DeadlineAfter(std::chrono::nanoseconds passed) const;
  std::string NewStamp(api::Time now) const;
  bool claimed() const { return diagnosis_.status.phase == api::Phase::kRunning; }

  Environment& environment_;
  const api::Diagnosis diagnosis_;  // as given
  const std::shared_ptr<RunLock> lock_;
  Cancellation& cancellation_;
  Observer& observer_;
  std::chrono::nanoseconds waited_{};  // before the claim
  PagePlaces places_;
  Events events_;
  StatusWriter writer_;
};

}  // namespace kubediag::diagnosis
