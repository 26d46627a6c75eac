// NodeRunner: one attempt at one node, from its map to its results: checks, Secrets, artifact
// folder, socket, journal, the run itself, and what is kept of it.
//
// Thread-safe: several nodes of one Diagnosis may run at once. Borrows all it is given.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/deadline.h"
#include "engine/core/result.h"
#include "engine/diagnosis/cancellation.h"
#include "engine/diagnosis/environment.h"
#include "engine/diagnosis/events.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/page_places.h"
#include "engine/diagnosis/plan.h"
#include "engine/diagnosis/results.h"
#include "engine/diagnosis/run_lock.h"
#include "engine/diagnosis/run_progress.h"
#include "engine/diagnosis/secrets.h"

namespace kubediag::diagnosis {

// Everything of one run that its nodes need.
struct RunContext {
  Environment& environment;
  const api::Diagnosis& diagnosis;  // as claimed; its status is not read
  const Plan& plan;
  const std::shared_ptr<RunLock> lock;
  const ResultFolder& folder;
  Journal& journal;
  RunProgress& progress;
  Events& events;
  PagePlaces& places;
  const Cancellation& cancellation;
  const Deadline deadline;  // of the whole Diagnosis
};

// ReadSecrets() by the rule that the engine was started with.
Result<Secrets> ReadSecretsOf(const operation::OperationDescriptor& descriptor,
                              const api::Diagnosis& diagnosis, Environment& environment);

class NodeRunner {
 public:
  explicit NodeRunner(RunContext context);

  struct End {
    bool succeeded = false;
    ResultMap results;
  };

  // A run spawned ahead for a module, taken by the next node that needs one.
  void Offer(const std::string& module_path, std::unique_ptr<operation::OperationRun> run);
  // What became of reading the Secrets for `node` ahead, by ReadSecretsOf(); its first attempt
  // takes it.
  void OfferSecrets(graph::NodeIndex node, Result<Secrets> secrets);

  // Runs `node` on top of `results`. Its failure is an End. A Status means that the whole run
  // cannot go on: Cancelled (by shutdown or deletion, nothing is recorded), the journal's error, or
  // Unavailable "StoreUnavailable" (nothing was run or recorded).
  Result<End> Run(graph::NodeIndex node, const std::string& digest, const ResultMap& results);

  // A node that was under way when the engine ended and must not run again: Failed, Interrupted.
  Result<End> Interrupt(const StartedRecord& started);

  // What a journal says of a node, told again. DataLoss if a saved result is gone.
  Result<End> Replay(const FinishedRecord& record);

  // Viewers that this run has started or restored.
  size_t ViewersStarted() const;

 private:
  struct Attempt;

  Result<End> Close(Attempt& attempt, const Status& status);
  Status SetUp(Attempt& attempt, const ResultMap& results);
  Result<std::unique_ptr<operation::OperationRun>> TakeRun(const std::string& module_path);
  Result<Secrets> TakeSecrets(const Attempt& attempt);
  operation::RunOutcome RunJob(Attempt& attempt);
  Status Keep(Attempt& attempt, operation::RunOutcome outcome);
  Status Explain(const Attempt& attempt, const operation::RunOutcome& outcome) const;
  bool Abandoned() const;
  api::StringMap MapOf(const ResultMap& results) const;

  const RunContext context_;
  const api::StringMap context_keys_;
  mutable std::mutex mutex_;
  std::multimap<std::string, std::unique_ptr<operation::OperationRun>> offered_;
  std::map<graph::NodeIndex, Result<Secrets>> offered_secrets_;
  size_t viewers_started_ = 0;
};

}  // namespace kubediag::diagnosis
