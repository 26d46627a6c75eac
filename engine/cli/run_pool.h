// RunPool: runs Diagnoses, several at once, shows their progress and hands on what came of them.
//
// Thread-safe. What the constructor is given is borrowed for the pool's life. Destruction waits for
// the runs under way; cancel them first.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/cli/local_engine.h"
#include "engine/cli/progress.h"
#include "engine/diagnosis/cancellation.h"

namespace kubediag::cli {

class RunPool {
 public:
  struct Outcome {
    api::Diagnosis diagnosis;  // with its status, if `error` is ok
    Status error;              // why there is none
  };
  // Called from the pool's threads, one call at a time. `number` counts Submit() from 0.
  using Done = std::function<void(size_t number, const Outcome& outcome)>;

  // `stays`: pages that operations serve outlive the run's last line.
  RunPool(LocalEngine& engine, ProgressView& view, std::string node_name, bool stays, Done done);
  ~RunPool();

  // Queues a Diagnosis that the store has. What still runs of the same object as it was before is
  // ended, and waited for.
  void Submit(const api::Diagnosis& diagnosis);
  // The object is gone: its runs are cancelled, queued ones too, and nothing of it is kept.
  void Remove(const std::string& uid);
  // All runs, queued ones too.
  void CancelAll(diagnosis::CancelCause cause);
  void WaitIdle();

 private:
  struct Job {
    size_t number = 0;
    api::Diagnosis diagnosis;
    diagnosis::Cancellation cancellation;
    std::unique_ptr<RunProgress> progress;
    bool running = false;
    bool superseded = false;  // ended because the object has changed
  };

  void Work();
  Job* NextJob();  // under mutex_; null: none may start now
  Outcome Run(Job& job);
  std::string WhyVoid(const Job& job);
  void WarnOfAnotherNode(const api::Diagnosis& diagnosis, RunProgress& progress);
  void SayIfItWaits(const api::Diagnosis& diagnosis);
  std::unique_ptr<RunProgress> BeginProgress(const api::Diagnosis& diagnosis);

  LocalEngine& engine_;
  ProgressView& view_;
  const std::string node_name_;
  const bool stays_;
  const Done done_;
  std::mutex done_mutex_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Job> jobs_;                   // in order of Submit(); removed when done
  std::set<std::string> warned_of_node_;  // uids of objects that are there
  size_t submitted_ = 0;
  bool cancelled_ = false;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kubediag::cli
