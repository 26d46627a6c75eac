#include "engine/process/spawn_registry.h"

namespace kubediag::process {

SpawnRegistry& SpawnRegistry::OfThisProcess() {
  // Never destroyed: children may be reaped by threads that outlive main().
  static auto& registry = *new SpawnRegistry;
  return registry;
}

pid_t SpawnRegistry::Add(const std::function<pid_t()>& spawn) {
  const std::lock_guard lock(mutex_);
  const pid_t pid = spawn();
  if (pid > 0) pids_.insert(pid);
  return pid;
}

void SpawnRegistry::Remove(pid_t pid, const std::function<void()>& reap) {
  // Under the lock: once reaped, the pid may be given to the next child.
  const std::lock_guard lock(mutex_);
  reap();
  pids_.erase(pid);
}

void SpawnRegistry::Inspect(
    const std::function<void(const std::unordered_set<pid_t>& known)>& visit) {
  const std::lock_guard lock(mutex_);
  visit(pids_);
}

}  // namespace kubediag::process
