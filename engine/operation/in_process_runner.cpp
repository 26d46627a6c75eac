#include "engine/operation/in_process_runner.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "engine/operation/cancel_timer.h"
#include "engine/operation/invocation.h"
#include "engine/operation/module_loader.h"
#include "engine/operation/run_verdict.h"

namespace kubediag::operation {
namespace {

class InProcessRun final : public OperationRun, private RunSink {
 public:
  InProcessRun(LoadedModule module, Logger& logger) : module_(std::move(module)), logger_(logger) {}
  ~InProcessRun() override { Stop(); }

  Status Start(Job job) override {
    const std::lock_guard lock(mutex_);
    if (thread_.joinable() || ended_)
      return Status::FailedPrecondition("the run has begun already");
    job_ = std::move(job);
    thread_ = std::thread([this] { Run(); });
    return {};
  }

  RunOutcome Wait(std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    const auto known = [this] { return outcome_.has_value(); };
    bool stopped = false;
    if (job_.deadline.IsNever()) {
      stopped = !changed_.wait(lock, stop, known);
    } else {
      stopped =
          !changed_.wait_until(lock, stop, job_.deadline.time(), known) && stop.stop_requested();
    }
    bool timed_out = false;
    if (!known()) {
      timed_out = !stopped && !stopping_;
      lock.unlock();
      Stop();
      lock.lock();
    }
    RunOutcome outcome = std::move(*outcome_);
    if (timed_out) return TimeoutOutcome();
    if (stopped || stopping_) return CancelledOutcome();
    if (!outcome.serving && job_.deadline.Passed()) return TimeoutOutcome();
    return outcome;
  }

  bool WaitServing(Deadline until, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    const auto over = [this] { return ended_; };
    if (until.IsNever()) return changed_.wait(lock, stop, over);
    return changed_.wait_until(lock, stop, until.time(), over);
  }

  void Stop() override {
    std::unique_lock lock(mutex_);
    stopping_ = stopping_ || !outcome_;
    cancel_.Cancel();
    if (!thread_.joinable() && !joining_) {
      ended_ = true;
      return;
    }
    changed_.wait(lock, [this] { return ended_; });
    if (joining_) return;
    joining_ = true;
    lock.unlock();
    thread_.join();
  }

 private:
  void Run() {
    RunOutcome outcome = Invoke(module_, job_, cancel_, *this);
    const std::lock_guard lock(mutex_);
    if (!outcome_) outcome_ = std::move(outcome);
    ended_ = true;
    changed_.notify_all();
  }

  void OnLog(LogLevel level, std::string_view message) override {
    logger_.Log(level, message, {{"operation", job_.operation}});
  }

  Status OnServing(RunOutcome outcome) override {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    changed_.notify_all();
    return {};
  }

  const LoadedModule module_;
  Logger& logger_;
  Job job_;
  CancelTimer cancel_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<RunOutcome> outcome_;
  bool ended_ = false;
  bool stopping_ = false;  // Stop() came before any outcome
  bool joining_ = false;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<OperationRun>> InProcessRunner::Prepare(const std::string& module_path) {
  KUBEDIAG_ASSIGN_OR_RETURN(LoadedModule module, LoadModule(module_path, module_path));
  return std::unique_ptr<OperationRun>(new InProcessRun(std::move(module), logger_));
}

Result<ModuleDescriptor> InProcessRunner::Describe(const std::string& module_path) {
  KUBEDIAG_ASSIGN_OR_RETURN(LoadedModule module, LoadModule(module_path, module_path));
  return std::move(module.descriptor);
}

}  // namespace kubediag::operation
