#include "engine/cli/run_pool.h"

#include <algorithm>
#include <utility>

#include "engine/cli/run_sentence.h"
#include "engine/cli/text.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::cli {
namespace {

std::string NameOf(const api::Diagnosis& diagnosis) {
  return diagnosis.metadata.namespace_name + "/" + diagnosis.metadata.name;
}

}  // namespace

RunPool::RunPool(LocalEngine& engine, ProgressView& view, std::string node_name, bool stays,
                 Done done)
    : engine_(engine),
      view_(view),
      node_name_(std::move(node_name)),
      stays_(stays),
      done_(std::move(done)) {
  for (unsigned i = 0; i < std::max(engine.concurrency(), 1U); ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

RunPool::~RunPool() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void RunPool::Submit(const api::Diagnosis& diagnosis) {
  std::unique_ptr<RunProgress> progress = BeginProgress(diagnosis);
  WarnOfAnotherNode(diagnosis, *progress);
  SayIfItWaits(diagnosis);
  const std::lock_guard lock(mutex_);
  for (Job& older : jobs_) {
    if (older.diagnosis.metadata.uid != diagnosis.metadata.uid) continue;
    older.superseded |= !older.cancellation.requested();
    older.cancellation.Request(diagnosis::CancelCause::kDeleted);
  }
  Job& job = jobs_.emplace_back();
  job.number = submitted_++;
  job.diagnosis = diagnosis;
  job.progress = std::move(progress);
  // A Ctrl-C that came while the engine was still being put together counts.
  if (cancelled_) job.cancellation.Request(diagnosis::CancelCause::kCancelled);
  changed_.notify_all();
}

// What is found out here would be read as of that node.
void RunPool::WarnOfAnotherNode(const api::Diagnosis& diagnosis, RunProgress& progress) {
  const std::string& named = diagnosis.spec.node_name;
  if (named.empty() || named == node_name_) return;
  {
    const std::lock_guard lock(mutex_);
    if (!warned_of_node_.insert(diagnosis.metadata.uid).second) return;
  }
  progress.OnWarning("spec.nodeName is " + named + ", and it runs on this machine, " + node_name_ +
                     " (--node-name tells another name)");
}

void RunPool::SayIfItWaits(const api::Diagnosis& diagnosis) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() < threads_.size()) return;
  }
  // Not under the lock: a standard error that nobody reads must not keep Ctrl-C from the runs.
  view_.Say(NameOf(diagnosis) + " waits: " + std::to_string(threads_.size()) +
            (threads_.size() == 1 ? " runs" : " run") + " at once");
}

std::unique_ptr<RunProgress> RunPool::BeginProgress(const api::Diagnosis& diagnosis) {
  size_t nodes = 0;
  size_t width = 0;
  const auto operation_set = engine_.store().GetOperationSet(diagnosis.spec.operation_set);
  if (operation_set.ok()) {
    nodes = operation_set->adjacency_list.size();
    for (const api::Node& node : operation_set->adjacency_list) {
      width = std::max(width, DisplayWidth(node.operation));
    }
  }
  const std::string& node =
      diagnosis.spec.node_name.empty() ? node_name_ : diagnosis.spec.node_name;
  return view_.Begin(diagnosis.spec.operation_set + "  " + NameOf(diagnosis) + " on " + node, nodes,
                     width);
}

void RunPool::Remove(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  warned_of_node_.erase(uid);
  for (Job& job : jobs_) {
    if (job.diagnosis.metadata.uid == uid) {
      job.cancellation.Request(diagnosis::CancelCause::kDeleted);
    }
  }
}

void RunPool::CancelAll(diagnosis::CancelCause cause) {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  for (Job& job : jobs_) job.cancellation.Request(cause);
}

void RunPool::WaitIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty(); });
}

RunPool::Job* RunPool::NextJob() {
  for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
    if (job->running) continue;
    const bool earlier = std::any_of(jobs_.begin(), job, [&job](const Job& other) {
      return other.diagnosis.metadata.uid == job->diagnosis.metadata.uid;
    });
    if (!earlier) return &*job;
  }
  return nullptr;
}

void RunPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Job* job = nullptr;
    changed_.wait(lock, [&] { return (job = NextJob()) != nullptr || closed_; });
    if (job == nullptr) return;
    job->running = true;
    lock.unlock();
    const Outcome outcome = Run(*job);
    {
      const std::lock_guard one_at_a_time(done_mutex_);
      done_(job->number, outcome);
    }
    lock.lock();
    jobs_.remove_if([job](const Job& other) { return &other == job; });
    changed_.notify_all();
  }
}

std::string RunPool::WhyVoid(const Job& job) {
  const std::lock_guard lock(mutex_);
  return job.superseded ? "the object has changed and is run anew" : "the object is gone";
}

RunPool::Outcome RunPool::Run(Job& job) {
  // What an earlier run of a changed object still serves would keep the object locked.
  engine_.executor().viewers().Stop(job.diagnosis.metadata.uid);
  const auto begin = std::chrono::steady_clock::now();
  Result<api::Diagnosis> result =
      engine_.executor().Run(job.diagnosis, job.cancellation, *job.progress);
  const auto took = std::chrono::steady_clock::now() - begin;
  if (!result.ok()) {
    const Status error = result.status();
    if (job.cancellation.cause() != diagnosis::CancelCause::kDeleted) {
      const bool taken = error.reason() == diagnosis::kReasonAlreadyRunning;
      job.progress->Finish((taken ? "Not run (AlreadyRunning): " : "Not run: ") + error.message(),
                           false);
      return {job.diagnosis, error};
    }
    // Whatever the run made of it: a write to an object that is gone or another is no failure.
    const std::string why = WhyVoid(job);
    job.progress->Finish("Ended: " + why + ".", false);
    return {job.diagnosis, Status::Cancelled(why)};
  }
  const bool serving = stays_ && engine_.executor().viewers().CountOf(result->metadata.uid) > 0;
  job.progress->Finish(RunSentence(*result, took, serving),
                       result->status.phase == api::Phase::kSucceeded);
  return {*std::move(result), Status::Ok()};
}

}  // namespace kubediag::cli
