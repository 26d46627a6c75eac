// SpawnThread: spawns children from one thread that lives as long as this object.
//
// A child's parent-death signal follows the *thread* that spawned it, so a pool's thread that ends
// would end its children. Spawn() is thread-safe. The children are the callers'; destroying the
// SpawnThread sends their parent-death signal.
#pragma once

#include <condition_variable>
#include <future>
#include <mutex>
#include <queue>
#include <thread>

#include "engine/core/result.h"
#include "engine/process/child.h"
#include "engine/process/command.h"

namespace kubediag::process {

class SpawnThread {
 public:
  SpawnThread();
  ~SpawnThread();
  SpawnThread(const SpawnThread&) = delete;
  SpawnThread& operator=(const SpawnThread&) = delete;

  Result<Child> Spawn(Command command);

 private:
  struct Request {
    Command command;
    std::promise<Result<Child>> promise;
  };
  void Serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<Request> requests_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace kubediag::process
