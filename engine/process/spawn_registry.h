// SpawnRegistry: the pids this library has spawned and not yet reaped, the one thing here that is
// the process' own: it tells orphans from children.
//
// Thread-safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <mutex>
#include <unordered_set>

namespace kubediag::process {

class SpawnRegistry {
 public:
  static SpawnRegistry& OfThisProcess();

  // `spawn` returns a pid, or -1. The pid is known before anybody else can ask for it.
  pid_t Add(const std::function<pid_t()>& spawn);
  // `reap` waits for `pid` without blocking for long; then the pid is forgotten.
  void Remove(pid_t pid, const std::function<void()>& reap);
  // Calls `visit(knows)` while no child is being spawned or reaped.
  void Inspect(const std::function<void(const std::unordered_set<pid_t>& known)>& visit);

 private:
  std::mutex mutex_;
  std::unordered_set<pid_t> pids_;
};

}  // namespace kubediag::process
