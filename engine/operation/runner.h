// Runner: how operations are run, hidden from the executor. Two exist: ProcessRunner (engine/host,
// the default: one child process a run) and InProcessRunner (tests and the benchmark's baseline).
// One conformance suite holds for both.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/deadline.h"
#include "engine/core/result.h"
#include "engine/operation/descriptor.h"
#include "engine/operation/job.h"

namespace kubediag::operation {

// A file of the artifact folder that belongs to the result.
struct ArtifactFile {
  std::string key;
  std::string path;  // relative to Job::artifact_directory
};

// What one run came to. `status` not ok: its reason is the operation's own (fail()), or one of
//   OperationCrashed (signal N)  OperationExited  OperationThrew  OperationTimeout  Cancelled
//   ResultLimit  ProtocolError  OperationFailed (a code without fail())
//   OperationNotEnded (it lives on: we may not kill it)
struct RunOutcome {
  Status status;
  std::map<std::string, std::string> results;
  std::vector<ArtifactFile> artifacts;
  bool serving = false;  // complete() was called: the operation lives on
  std::chrono::nanoseconds linger{0};
  std::string state;  // for a later restore()
};

// One run. Not thread-safe, except Stop(). Destroying it ends whatever still lives of the run.
class OperationRun {
 public:
  virtual ~OperationRun() = default;

  // Hands over the job. Once. The run may have been spawned long before.
  virtual Status Start(Job job) = 0;

  // Waits for the outcome: the run's end, complete(), the deadline (OperationTimeout) or `stop`
  // (Cancelled); the two last end the run: TERM, kTermGrace, KILL of the whole group. Once, after
  // Start().
  virtual RunOutcome Wait(std::stop_token stop) = 0;

  // After an outcome with serving: waits until the operation has ended, `until` or `stop`. True: it
  // has ended.
  virtual bool WaitServing(Deadline until, std::stop_token stop) = 0;

  // Ends the run and all its processes; returns when nothing of it lives. Any thread, any number of
  // times.
  virtual void Stop() = 0;
};

class Runner {
 public:
  virtual ~Runner() = default;

  // A run of an operation of the module at `module_path` (the engine's own copy), spawned but
  // without a job. Thread-safe.
  virtual Result<std::unique_ptr<OperationRun>> Prepare(const std::string& module_path) = 0;

  // Reads the descriptor of a module without letting it near this process' memory (ProcessRunner).
  // FailedPrecondition with the named defect for a module that must be refused. Thread-safe.
  virtual Result<ModuleDescriptor> Describe(const std::string& module_path) = 0;
};

}  // namespace kubediag::operation
