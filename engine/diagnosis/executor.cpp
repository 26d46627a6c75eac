#include "engine/diagnosis/executor.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "engine/api/time.h"
#include "engine/core/file.h"
#include "engine/diagnosis/diagnosis_run.h"
#include "engine/diagnosis/environment.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/left_folders.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/run_lock.h"
#include "engine/diagnosis/status.h"
#include "engine/diagnosis/viewer_life.h"

namespace kubediag::diagnosis {
namespace {

struct DataRoot {
  UniqueFd fd;
  Status status;
};

DataRoot OpenDataRoot(const std::string& path) {
  auto fd = MakeDirectory(path);
  if (!fd.ok()) return {.fd = UniqueFd(), .status = fd.status().Annotate("data root")};
  return {.fd = *std::move(fd), .status = Status::Ok()};
}

Status AlreadyRunning(const api::Diagnosis& diagnosis, const std::string& why) {
  return Status::FailedPrecondition("Diagnosis " + diagnosis.metadata.namespace_name + "/" +
                                    diagnosis.metadata.name + ": " + why)
      .WithReason(kReasonAlreadyRunning);
}

// Whether the data root we opened is no longer what its path names.
bool IsGone(const Environment& environment) {
  struct stat ours {};
  struct stat theirs {};
  return fstat(environment.data_root.get(), &ours) == 0 &&
         (stat(environment.options.data_root.c_str(), &theirs) != 0 ||
          ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino);
}

Status TakeLock(Environment& environment, const api::Diagnosis& diagnosis,
                std::shared_ptr<RunLock>& lock) {
  lock = environment.viewers.KeptFor(diagnosis.metadata.uid);
  if (lock != nullptr) return Status::Ok();
  // What is written into a folder that nobody finds is lost.
  if (IsGone(environment)) {
    std::error_code ignored;
    const std::string& path = environment.options.data_root;
    const std::string full = std::filesystem::absolute(path, ignored).string();
    return Status::Unavailable("the data root " + (full.empty() ? path : full) +
                               " has been removed or replaced since the start: restart kubediag");
  }
  auto taken = RunLock::Take(environment.data_root.get(), diagnosis.metadata.uid);
  if (taken.status().reason() == kReasonAlreadyRunning) {
    return AlreadyRunning(diagnosis, taken.status().message());
  }
  KUBEDIAG_RETURN_IF_ERROR(taken.status());
  lock = *std::move(taken);
  return Status::Ok();
}

// Whether this very process is at work on it: its end could not be written yet.
bool IsUnderWayHere(const Environment& environment, const api::Diagnosis& diagnosis) {
  const auto& claim = diagnosis.status.claim;
  return diagnosis.status.phase == api::Phase::kRunning && claim &&
         claim->instance == environment.options.instance;
}

// What leaves a page that lives longest, or null.
const FinishedRecord* LastPage(const Recovery& recovery) {
  const FinishedRecord* last = nullptr;
  for (const FinishedRecord& record : recovery.finished) {
    if (!record.viewer) continue;
    if (last == nullptr || last->viewer->expires < record.viewer->expires) last = &record;
  }
  return last;
}

// The pages of a Diagnosis that has ended, as its journal has them.
Status RestoreAll(Environment& environment, const api::Diagnosis& diagnosis,
                  const Recovery& recovery, const std::shared_ptr<RunLock>& lock,
                  const std::stop_token& stop) {
  auto plan = MakePlan(diagnosis, environment.store, environment.catalog);
  if (plan.status().code() == StatusCode::kUnavailable) {
    return plan.status().WithReason(kReasonStoreUnavailable);
  }
  KUBEDIAG_RETURN_IF_ERROR(plan.status());
  if (plan->binding != recovery.begin.binding) {
    return Status::FailedPrecondition("the Diagnosis or its OperationSet has changed since");
  }
  Status first_failure;
  for (const FinishedRecord& record : recovery.finished) {
    if (!record.viewer) continue;
    if (stop.stop_requested()) return Status::Cancelled("the engine ends");
    if (environment.viewers.Serves(diagnosis.metadata.uid, record.node)) continue;
    Status restored = RestoreViewer(environment, diagnosis, record, plan->OperationOf(record.node),
                                    plan->NameOf(record.node), lock, stop);
    if (first_failure.ok()) first_failure = restored;
  }
  return first_failure;
}

}  // namespace

struct Executor::State {
  State(store::Store& store, catalog::Catalog& catalog, operation::Runner& runner,
        const ExecutorOptions& options, Logger& logger, DataRoot data_root)
      : data_root_status(std::move(data_root.status)),
        environment{.store = store,
                    .catalog = catalog,
                    .runner = runner,
                    .logger = logger,
                    .options = options,
                    .data_root = std::move(data_root.fd),
                    .slots = Slots(options.limits.concurrent_operations),
                    .viewers = Viewers(options.limits.live_viewers)},
        retention(environment.data_root.get(), logger, options.retention) {}

  // A uid that this executor is at work on, until it is destroyed.
  class Entry {
   public:
    Entry(State& state, std::string uid) : state_(state), uid_(std::move(uid)) {
      const std::lock_guard lock(state_.mutex);
      entered_ = state_.running.insert(uid_).second;
    }
    ~Entry() {
      if (!entered_) return;
      const std::lock_guard lock(state_.mutex);
      state_.running.erase(uid_);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    bool entered() const { return entered_; }
    // Its run is ours, now that we have its lock.
    void MakeKnown() {
      const std::lock_guard lock(state_.mutex);
      state_.known.insert(uid_);
    }

   private:
    State& state_;
    const std::string uid_;
    bool entered_ = false;
  };

  // Of all operations that are known by now.
  void TakeBackLeftFolders() {
    if (!data_root_status.ok()) return;
    diagnosis::TakeBackLeftFolders(environment.data_root.get(),
                                   environment.catalog.ArtifactFolders(), environment.logger);
  }

  const Status data_root_status;
  std::mutex mutex;
  std::set<std::string> running;
  std::set<std::string> known;  // run or served by us; forgotten once their objects are gone
  Environment environment;
  Retention retention;
  std::jthread sweeper;  // last: it ends before what it uses
};

Executor::Executor(store::Store& store, catalog::Catalog& catalog, operation::Runner& runner,
                   const ExecutorOptions& options, Logger& logger) {
  DataRoot data_root = OpenDataRoot(options.data_root);
  state_ = std::make_unique<State>(store, catalog, runner, options, logger, std::move(data_root));
  state_->TakeBackLeftFolders();
}

Executor::~Executor() { state_->sweeper = {}; }

Viewers& Executor::viewers() { return state_->environment.viewers; }

Result<api::Diagnosis> Executor::Run(api::Diagnosis diagnosis, const Cancellation& cancellation,
                                     Observer& observer, Obstacles obstacles,
                                     std::chrono::nanoseconds waited) {
  if (HasEnded(diagnosis.status.phase)) return diagnosis;
  if (diagnosis.spec.suspend && diagnosis.status.phase != api::Phase::kRunning) return diagnosis;
  KUBEDIAG_RETURN_IF_ERROR(state_->data_root_status);
  const std::string& uid = diagnosis.metadata.uid;
  if (!IsRunUid(uid)) return Status::InvalidArgument("metadata.uid \"" + uid + "\" is no uid");

  State::Entry entry(*state_, uid);
  if (!entry.entered()) return AlreadyRunning(diagnosis, "it is under way in this process");
  // It is the new run's turn: the pages of an earlier one would show what no longer holds.
  if (!IsUnderWayHere(state_->environment, diagnosis)) state_->environment.viewers.Stop(uid);
  std::shared_ptr<RunLock> lock;
  KUBEDIAG_RETURN_IF_ERROR(TakeLock(state_->environment, diagnosis, lock));
  entry.MakeKnown();

  Cancellation own;  // the run may also find out by itself that it has to end
  const std::stop_callback link(cancellation.token(),
                                [&own, &cancellation] { own.Request(cancellation.cause()); });
  if (diagnosis.spec.suspend) own.Request(CancelCause::kSuspended);
  DiagnosisRun run(state_->environment, std::move(diagnosis), std::move(lock), own, observer);
  return run.Execute(obstacles, waited);
}

bool Executor::CanResume(const std::string& uid) const {
  if (!state_->data_root_status.ok() || !IsRunUid(uid)) return false;
  const auto folder = OpenAt(state_->environment.data_root.get(), RunFolder(uid),
                             O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!folder.ok()) return false;
  const auto journal = Journal::ReadOutline(folder->get());
  return journal.ok() && !journal->ended;
}

Retention::Removed Executor::Sweep(std::chrono::system_clock::time_point now,
                                   const std::stop_token& stop) {
  if (!state_->data_root_status.ok()) return {};
  state_->TakeBackLeftFolders();
  Environment& environment = state_->environment;
  std::set<std::string> known;
  {
    const std::lock_guard lock(state_->mutex);
    known = state_->known;
  }
  // After `known`: an object that was run and is not listed has been deleted, not added late.
  const auto diagnoses = environment.store.ListDiagnoses();
  if (!diagnoses.ok()) {
    environment.logger.Warning("data of earlier runs is not looked at",
                               {{"error", diagnoses.status().message()}});
    return {};
  }
  std::map<std::string, RunObject> objects;
  for (const api::Diagnosis& diagnosis : *diagnoses) {
    const bool ended = HasEnded(diagnosis.status.phase);
    objects[diagnosis.metadata.uid] = ended ? RunObject::kEnded : RunObject::kUnfinished;
  }
  const auto object_of = [&](const std::string& uid) {
    const auto found = objects.find(uid);
    if (found != objects.end()) return found->second;
    if (environment.options.store_has_all_diagnoses) return RunObject::kGone;
    return known.contains(uid) ? RunObject::kDropped : RunObject::kUnknown;
  };
  const Retention::Removed removed =
      state_->retention.Sweep(object_of, environment.catalog.ArtifactFolders(), now, stop);
  std::erase_if(known, [&](const std::string& uid) {
    return objects.contains(uid) ||
           faccessat(environment.data_root.get(), RunFolder(uid).c_str(), F_OK, 0) == 0;
  });
  const std::lock_guard lock(state_->mutex);
  for (const std::string& uid : known) state_->known.erase(uid);
  return removed;
}

void Executor::SweepInBackground(OnSwept on_swept) {
  state_->sweeper = std::jthread([this, told = std::move(on_swept)](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      const Retention::Removed removed = Sweep(std::chrono::system_clock::now(), stop);
      if (told) told(removed);
      // It held a little of each run; the C library would keep that for this thread's next sweep.
      malloc_trim(0);
      ended.wait_for(lock, stop, kSweepInterval, [] { return false; });
    }
  });
}

Status Executor::RestoreViewers(const api::Diagnosis& diagnosis, const std::stop_token& stop) {
  KUBEDIAG_RETURN_IF_ERROR(state_->data_root_status);
  Environment& environment = state_->environment;
  const std::string& uid = diagnosis.metadata.uid;
  if (!HasEnded(diagnosis.status.phase) || !IsRunUid(uid)) return Status::Ok();
  State::Entry entry(*state_, uid);
  if (!entry.entered()) return AlreadyRunning(diagnosis, "it is under way in this process");

  std::shared_ptr<RunLock> lock;
  KUBEDIAG_RETURN_IF_ERROR(TakeLock(environment, diagnosis, lock));
  entry.MakeKnown();
  auto contents = Journal::Read(lock->directory());
  if (contents.status().code() == StatusCode::kNotFound) return Status::Ok();
  KUBEDIAG_RETURN_IF_ERROR(contents.status());
  KUBEDIAG_ASSIGN_OR_RETURN(Recovery recovery, Recover(*contents));
  if (recovery.cancelled) return Status::Ok();
  const FinishedRecord* last = LastPage(recovery);
  if (last == nullptr) return Status::Ok();
  if (last->viewer->expires <= api::Now().time_since_epoch().count()) {
    return TellExpired(environment, diagnosis, *last);
  }
  Status restored = RestoreAll(environment, diagnosis, recovery, lock, stop);
  if (restored.ok() || stop.stop_requested()) return restored;
  // Nothing is known of the page yet.
  if (restored.reason() == kReasonStoreUnavailable) return restored;
  const Status told = TellRestoreFailed(environment, diagnosis, restored);
  return told.reason() == kReasonStoreUnavailable ? told : restored;
}

}  // namespace kubediag::diagnosis
