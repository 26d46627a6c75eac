#include "engine/cli/run_session.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/api/time.h"
#include "engine/catalog/folder_watch.h"
#include "engine/cli/diagnostics_text.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/local_engine.h"
#include "engine/cli/manifests.h"
#include "engine/cli/metrics_file.h"
#include "engine/cli/object_check.h"
#include "engine/cli/object_watch.h"
#include "engine/cli/progress.h"
#include "engine/cli/run_pool.h"
#include "engine/cli/signals.h"
#include "engine/cli/status_output.h"
#include "engine/cli/text.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"

namespace kubediag::cli {
namespace {

bool HasDiagnosis(const ObjectSet& set) {
  for (const api::DecodedObject& object : set.objects) {
    if (std::holds_alternative<api::Diagnosis>(object.object)) return true;
  }
  return false;
}

// Says on standard error what is wrong with the files.
void Tell(const ObjectSet& set) {
  for (const Status& status : set.unreadable) PrintError(status.message());
  (void)WriteAll(STDERR_FILENO, DiagnosticsText(set.diagnostics, Terminal::Detect(STDERR_FILENO)));
}

// Files that are not to be run, whatever the modules are. False: said why.
bool CanBeRun(const EngineOptions& options, const ProgramPaths& paths, ObjectSet& set) {
  if (set.ok() && HasDiagnosis(set)) return true;
  CheckAll(options, paths, set);
  Tell(set);
  if (set.ok()) PrintError("there is no Diagnosis in what -f names");
  return false;
}

// Becomes readable when a stop is requested: for poll(2).
class StopDescriptor {
 public:
  explicit StopDescriptor(const std::stop_token& stop)
      : event_(eventfd(0, EFD_CLOEXEC)), callback_(stop, Signal{event_.get()}) {}
  int fd() const { return event_.get(); }

 private:
  struct Signal {
    int fd;
    void operator()() const {
      const uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof one);
    }
  };
  UniqueFd event_;
  std::stop_callback<Signal> callback_;
};

// The running part: what exists once the files are known to be right.
class Session {
 public:
  Session(const RunOptions& options, Manifests& manifests)
      : options_(options),
        manifests_(manifests),
        signals_([this](int) { stop_.request_stop(); }),
        view_(Terminal::Detect(STDERR_FILENO)),
        stderr_logger_(MakeStderrLogger(options.engine.log_level, options.engine.log_format)),
        logger_(view_.Wrap(*stderr_logger_)),
        output_(options.format.value_or(OutputFormat::kYaml)) {}

  Status Open(const ProgramPaths& paths) {
    KUBEDIAG_ASSIGN_OR_RETURN(engine_, LocalEngine::Open(options_, paths, *logger_));
    if (options_.metrics_file.empty()) return Status::Ok();
    metrics_file_.emplace(options_.metrics_file, [this] { return engine_->MetricsText(); });
    return metrics_file_->Write();  // what cannot be written is said before anything runs
  }

  // Says what is wrong with the objects, as `validate` does. False: they are not to be run.
  bool Check(ObjectSet& set);
  int RunOnce(const ObjectSet& set);
  int Watch();
  // At the end. False: said on standard error.
  bool WriteMetrics();

 private:
  void Note(const RunPool::Outcome& outcome);
  api::Diagnosis EndPages(api::Diagnosis diagnosis);
  void SayWhatIsWatched();
  ObjectSet ReadAndCheck();
  void Take(const ObjectChanges& changes, RunPool& pool);
  // False: a stop was requested.
  bool AwaitChange(catalog::FolderWatch& watch, const StopDescriptor& stop) const;

  const RunOptions& options_;
  Manifests& manifests_;
  std::stop_source stop_;
  Signals signals_;  // before every other thread
  ProgressView view_;
  std::unique_ptr<Logger> stderr_logger_;
  std::unique_ptr<Logger> logger_;
  StatusOutput output_;
  std::unique_ptr<LocalEngine> engine_;
  std::optional<MetricsFile> metrics_file_;
  std::atomic<bool> failed_ = false;
};

void Session::Note(const RunPool::Outcome& outcome) {
  if (!outcome.error.ok() || outcome.diagnosis.status.phase == api::Phase::kFailed) failed_ = true;
  if (outcome.error.ok()) engine_->CountDiagnosis(outcome.diagnosis.status.phase);
}

bool Session::WriteMetrics() {
  if (!metrics_file_) return true;
  engine_->executor().viewers().StopAll();  // the file outlives the pages, and must not count them
  const Status status = metrics_file_->Write();
  if (!status.ok()) PrintError(status.message());
  return status.ok();
}

// A Diagnosis that another process runs is shown as the store has it; it has no other status here.
bool HasStatus(const RunPool::Outcome& outcome) {
  return outcome.error.ok() || outcome.error.reason() == diagnosis::kReasonAlreadyRunning;
}

// With --exit a page ends with its run: others get its place, and the status does not promise it.
api::Diagnosis Session::EndPages(api::Diagnosis diagnosis) {
  diagnosis::Viewers& viewers = engine_->executor().viewers();
  if (!options_.exit || viewers.CountOf(diagnosis.metadata.uid) == 0) return diagnosis;
  viewers.Stop(diagnosis.metadata.uid);
  diagnosis::SetServing(diagnosis.status, false, diagnosis::kReasonNotServed,
                        "its pages ended with the run: --exit", api::Now());
  return diagnosis;
}

bool Session::Check(ObjectSet& set) {
  CheckSetsAreGiven(set);
  CheckAgainstModules(options_.engine.operations_folders, engine_->modules().catalog(), set);
  Tell(set);
  return set.ok();
}

int Session::RunOnce(const ObjectSet& set) {
  for (const api::DecodedObject& object : set.objects) engine_->store().Put(object.object);
  const Result<std::vector<api::Diagnosis>> diagnoses = engine_->store().ListDiagnoses();
  if (!diagnoses.ok()) {
    PrintError(diagnoses.status().message());
    return kExitFailure;
  }
  std::map<size_t, api::Diagnosis> ended;  // by order, whichever ends first
  {
    RunPool pool(*engine_, view_, options_.node_name, !options_.exit,
                 [this, &ended](size_t number, const RunPool::Outcome& outcome) {
                   Note(outcome);
                   if (HasStatus(outcome)) ended.emplace(number, EndPages(outcome.diagnosis));
                 });
    const std::stop_callback cancel(
        stop_.get_token(), [&pool] { pool.CancelAll(diagnosis::CancelCause::kCancelled); });
    for (const api::Diagnosis& diagnosis : *diagnoses) pool.Submit(diagnosis);
    // Not before the store has the objects: their journals are needed.
    engine_->executor().SweepInBackground();
    pool.WaitIdle();
  }
  std::vector<api::Diagnosis> in_order;
  in_order.reserve(ended.size());
  for (auto& [number, diagnosis] : ended) in_order.push_back(std::move(diagnosis));
  if (!output_.PrintAll(in_order)) return kExitFailure;
  if (!options_.exit) engine_->executor().viewers().WaitUntilNone(stop_.get_token());
  return failed_ ? kExitFailure : kExitSuccess;
}

int Session::Watch() {
  Result<catalog::FolderWatch> watch = catalog::FolderWatch::Open(
      manifests_.Folders(), [this](std::string_view name) { return manifests_.Matters(name); });
  if (!watch.ok()) {
    PrintError("cannot watch: " + watch.status().message());
    return kExitFailure;
  }
  SayWhatIsWatched();
  const StopDescriptor stop(stop_.get_token());
  ObjectWatch objects(engine_->store());
  RunPool pool(*engine_, view_, options_.node_name, true,
               [this](size_t, const RunPool::Outcome& outcome) {
                 if (HasStatus(outcome) && !output_.PrintNext(outcome.diagnosis)) {
                   failed_ = true;
                   stop_.request_stop();
                 }
                 // A Diagnosis that was removed has not failed.
                 if (outcome.error.code() != StatusCode::kCancelled) Note(outcome);
               });
  const std::stop_callback cancel(stop_.get_token(),
                                  [&pool] { pool.CancelAll(diagnosis::CancelCause::kCancelled); });
  if (metrics_file_) {
    metrics_file_->KeepFresh(kMetricsFileInterval, [this](const Status& status) {
      logger_->Warning("metrics file not written", {{"reason", status.message()}});
    });
  }
  watch->Rearm();
  Take(objects.Apply(ReadAndCheck()), pool);
  // Not before the store has the objects: their journals are needed.
  engine_->executor().SweepInBackground();
  while (AwaitChange(*watch, stop)) {
    watch->Rearm();
    Take(objects.Apply(ReadAndCheck()), pool);
  }
  pool.WaitIdle();
  return failed_ ? kExitFailure : kExitSuccess;
}

// A set that is not there may come later: its Diagnosis waits, and that is said.
ObjectSet Session::ReadAndCheck() {
  ObjectSet set = manifests_.Read();
  CheckAgainstModules(options_.engine.operations_folders, engine_->modules().catalog(), set);
  return set;
}

void Session::SayWhatIsWatched() {
  std::string sources;
  for (const std::string& source : options_.sources) {
    sources += (sources.empty() ? "" : ", ") + Printable(source == "-" ? "standard input" : source);
  }
  view_.Say("Watching " + sources +
            ": each Diagnosis is run when it appears or changes. Ctrl-C ends it.");
}

void Session::Take(const ObjectChanges& changes, RunPool& pool) {
  for (const std::string& error : changes.errors) view_.Say("kubediag: " + error);
  if (!changes.diagnostics.empty()) {
    std::string text = DiagnosticsText(changes.diagnostics, Terminal::Detect(STDERR_FILENO));
    text.pop_back();
    view_.Say(text);
  }
  for (const api::Diagnosis& gone : changes.removed) {
    pool.Remove(gone.metadata.uid);
    diagnosis::Viewers& viewers = engine_->executor().viewers();
    if (viewers.CountOf(gone.metadata.uid) == 0) continue;
    viewers.Stop(gone.metadata.uid);
    view_.Say(api::DisplayName(gone) + " is gone, and what it served has ended");
  }
  for (const api::Diagnosis& diagnosis : changes.waiting) {
    view_.Say(api::DisplayName(diagnosis) + " waits for OperationSet " +
              diagnosis.spec.operation_set);
  }
  for (const api::Diagnosis& diagnosis : changes.ready) {
    if (engine_->executor().viewers().CountOf(diagnosis.metadata.uid) > 0) {
      view_.Say(api::DisplayName(diagnosis) +
                " has changed: what it served ends, and it is run anew");
    }
    pool.Submit(diagnosis);
  }
}

bool Session::AwaitChange(catalog::FolderWatch& watch, const StopDescriptor& stop) const {
  std::array<pollfd, 2> sources{{{stop.fd(), POLLIN, 0}, {watch.fd(), POLLIN, 0}}};
  bool changed = false;
  for (;;) {
    // Files often come together; the folder must rest for a moment once something has changed.
    const int ready = poll(sources.data(), sources.size(),
                           changed ? static_cast<int>(kCatalogSettle.count()) : -1);
    if (sources[0].revents != 0) return false;
    if (ready == 0) return true;
    changed |= watch.Drain();
  }
}

Status Prepare(RunOptions& options, ProgramPaths& paths) {
  KUBEDIAG_ASSIGN_OR_RETURN(paths, ProgramPaths::Find());
  KUBEDIAG_RETURN_IF_ERROR(ResolveDefaults(options.engine, paths));
  return Status::Ok();
}

}  // namespace

int RunSession(RunOptions options) {
  if (const Status named = ResolveNodeName(options); !named.ok()) {
    PrintError(named.message());
    return kExitUsage;
  }
  ProgramPaths paths;
  if (const Status status = Prepare(options, paths); !status.ok()) {
    PrintError(status.message());
    return kExitFailure;
  }
  Manifests manifests(options.sources);
  if (options.watch) manifests.AllowLateFiles();
  // Before signals are held back: Ctrl-C ends a wait for standard input at once. With --watch the
  // loop reads anew and reports, and a mended file is taken when it comes.
  ObjectSet set = manifests.Read();
  if (!options.watch && !CanBeRun(options.engine, paths, set)) return kExitUsage;
  Session session(options, manifests);
  if (const Status status = session.Open(paths); !status.ok()) {
    PrintError(status.message());
    return kExitFailure;
  }
  if (!options.watch && !session.Check(set)) return kExitUsage;
  const int status = options.watch ? session.Watch() : session.RunOnce(set);
  return session.WriteMetrics() ? status : std::max<int>(status, kExitFailure);
}

}  // namespace kubediag::cli
