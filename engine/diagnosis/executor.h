// Executor: runs Diagnoses. It claims the object, walks the graph of its OperationSet, runs each
// operation, merges the results into the status, and resumes after a restart from a journal.
//
// It knows no transport: objects come from a Store, operations from a Catalog, runs from a Runner.
// Thread-safe: several Diagnoses may run at once; one Diagnosis only once at a time, over all
// processes that share the data root. What the constructor is given is borrowed and must outlive
// the executor.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/objects.h"
#include "engine/catalog/catalog.h"
#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/diagnosis/cancellation.h"
#include "engine/diagnosis/observer.h"
#include "engine/diagnosis/retention.h"
#include "engine/diagnosis/viewers.h"
#include "engine/operation/runner.h"
#include "engine/store/store.h"

namespace kubediag::diagnosis {

struct ExecutorOptions {
  std::string data_root;  // journals, artifacts; made if missing
  std::string node_name;  // of this machine; used where a Diagnosis names none
  std::string instance;   // who claims: unique per process, e.g. "node-1_3f9c…"
  std::string libexec_directory;

  // Sockets of operations that serve pages.
  std::string viewer_address = "127.0.0.1";  // numeric IPv4 or IPv6 to bind
  std::string viewer_host;                   // HOST of the URLs; empty: viewer_address
  uint16_t first_viewer_port = 39900;        // both 0: the kernel chooses
  uint16_t last_viewer_port = 39999;

  std::vector<std::pair<std::string, std::string>> policy;  // Job::policy
  // For how long the end of a run is tried to be written while the store does not answer; then it
  // is the caller's to run it again, which goes on from there.
  std::chrono::nanoseconds status_write_timeout = kStatusWriteTimeout;
  // How often a run says at least that it is in good hands, in status.heartbeatTime; 0: never.
  std::chrono::nanoseconds heartbeat_interval{0};

  // Somebody else has checked that the author may read the Secrets: no rule of ours.
  bool secrets_checked_by_admission = false;
  // Somebody else has told of parameters that no operation reads (check.h): not told again.
  bool parameters_checked = false;
  Limits limits;

  // What stays of earlier runs (retention.h).
  RetentionRules retention;
  // The store has the Diagnosis of every run under the data root, as an API server does: a run
  // without one is of a deleted object. Else nothing is known of objects that are not in it.
  bool store_has_all_diagnoses = false;
};

// A result whose key ends so is the sentence people are shown of its operation (live line,
// status.operations, status.message).
inline constexpr char kSummaryKeySuffix[] = ".result.summary";

// What to do about an obstacle that may pass by itself: an OperationSet that is not there (yet), no
// place for the page of an operation that serves one.
enum class Obstacles {
  kFail,    // the Diagnosis fails
  kReturn,  // Run gives the error back, nothing is written, and the caller tries again later; pages
            // have their places before the claim
  kReturnNoPlace,  // the former fails, the latter is given back
};

class Executor {
 public:
  Executor(store::Store& store, catalog::Catalog& catalog, operation::Runner& runner,
           const ExecutorOptions& options, Logger& logger);
  ~Executor();  // ends the viewers

  // Runs `diagnosis`, as the store has it, to its end and returns it with the final status, which
  // has been written. A Diagnosis that has ended already, or is suspended, comes back unrun. An
  // unfinished journal of an equal object is resumed; pages of it that this process serves are then
  // kept. Where the store has all Diagnoses, a journal that has ended is only told again: the store
  // was set back.
  //
  // An operation's failure is not an error here: it is in the status. Errors:
  //   FailedPrecondition "AlreadyRunning"  another process (or thread) runs or serves it
  //   FailedPrecondition "Conflict"        the object changed before the claim: read it again
  //   FailedPrecondition "TakenAway"       somebody else has ended or claimed it meanwhile
  //   Cancelled                            cause kShutdown or kDeleted
  //   NotFound "OperationSetNotFound", ResourceExhausted "ViewerLimit"  as `obstacles` says
  //   Unavailable and others               the store or the data root does not answer
  //
  // spec.timeoutSeconds counts from `waited` before now, or from when the journal began.
  Result<api::Diagnosis> Run(api::Diagnosis diagnosis, const Cancellation& cancellation,
                             Observer& observer, Obstacles obstacles = Obstacles::kFail,
                             std::chrono::nanoseconds waited = {});

  // Whether the data root has an unfinished journal of this run, so that it is ours to go on with.
  bool CanResume(const std::string& uid) const;

  // After a restart: serves again what `diagnosis`, which has ended, was serving until its expiry,
  // on the same port. Ok also if there is nothing to serve.
  // Cancelled once `stop` is requested: then nothing is said in its status. Unavailable
  // "StoreUnavailable": the store does not answer, try again later.
  Status RestoreViewers(const api::Diagnosis& diagnosis, const std::stop_token& stop = {});

  // Removes what is no longer kept of earlier runs. After RestoreViewers(), and once the store has
  // the objects whose runs are to be resumed.
  Retention::Removed Sweep(std::chrono::system_clock::time_point now,
                           const std::stop_token& stop = {});
  // The same now and every kSweepInterval, in a thread, until the executor ends; tells of each.
  // Once.
  using OnSwept = std::function<void(const Retention::Removed&)>;
  void SweepInBackground(OnSwept on_swept = {});

  Viewers& viewers();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubediag::diagnosis
