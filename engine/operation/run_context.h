// RunContext: the host table a module calls, and what comes of it. Used by both runners, so that
// the rules of an operation's answers are written once.
//
// The table may be called from any thread of the run until Finish(); after that its calls have no
// effect.
#pragma once

#include <kubediag/abi.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/logging.h"
#include "engine/operation/cancel_timer.h"
#include "engine/operation/descriptor.h"
#include "engine/operation/result_collector.h"
#include "engine/operation/runner.h"

namespace kubediag::operation {

// Where a run's answers go while it is still under way. Called from the run's threads.
class RunSink {
 public:
  virtual ~RunSink() = default;
  // `message` is readable text of at most kMaxMessageBytes.
  virtual void OnLog(LogLevel level, std::string_view message) = 0;
  // complete() was called: `outcome` is final and has `serving`. Not ok: the engine cannot be told.
  virtual Status OnServing(RunOutcome outcome) = 0;
};

class RunContext {
 public:
  // `artifact_directory` may be -1. All references must outlive the context.
  RunContext(const OperationDescriptor& operation, int artifact_directory, CancelTimer& cancel,
             RunSink& sink);
  RunContext(const RunContext&) = delete;
  RunContext& operator=(const RunContext&) = delete;

  const kubediag_host& table() const { return table_; }

  // The run's answer after run() or restore() has returned `code`, or has thrown. Results only if
  // it is ok; empty if the run was serving and has ended well. Once.
  RunOutcome Finish(kubediag_code code);
  RunOutcome FinishThrown(std::string_view what);

 private:
  friend struct HostFunctions;

  kubediag_code Emit(std::string_view key, std::string_view value);
  kubediag_code EmitArtifact(std::string_view key, std::string_view path);
  void Fail(std::string_view reason, std::string_view message);
  void Log(int32_t level, std::string_view message);
  kubediag_code Complete(uint64_t linger, std::string_view state);

  Status CheckArtifactFile(std::string_view path) const;
  kubediag_code Answer(Status status);
  Status ToStatus(kubediag_code code) const;

  const OperationDescriptor& operation_;
  const int artifact_directory_;
  CancelTimer& cancel_;
  RunSink& sink_;
  kubediag_host table_{};

  std::mutex mutex_;
  ResultCollector collector_;
  Status failure_;  // fail(), or a passed cap: the first counts
  Status refused_;  // the last call answered with an error: explains a code without fail()
  bool serving_ = false;
  bool finished_ = false;
};

}  // namespace kubediag::operation
