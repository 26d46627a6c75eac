#include "engine/agent/run_table.h"

#include <utility>

namespace kubediag::agent {

std::shared_ptr<RunTable::Run> RunTable::Begin(const std::string& uid, const kube::ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  const auto [place, taken] = runs_.try_emplace(uid);
  if (!taken) return nullptr;
  place->second = std::make_shared<Run>();
  place->second->key = key;
  return place->second;
}

void RunTable::End(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  runs_.erase(uid);
}

bool RunTable::Has(const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  return runs_.contains(uid);
}

size_t RunTable::size() const {
  const std::lock_guard lock(mutex_);
  return runs_.size();
}

std::vector<std::pair<std::string, kube::ObjectKey>> RunTable::List() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, kube::ObjectKey>> list;
  list.reserve(runs_.size());
  for (const auto& [uid, run] : runs_) list.emplace_back(uid, run->key);
  return list;
}

void RunTable::Cancel(const std::string& uid, diagnosis::CancelCause cause) {
  std::shared_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(uid);
    if (found == runs_.end()) return;
    run = found->second;
  }
  run->cancellation.Request(cause);  // outside: callbacks run in it
}

void RunTable::CancelAll(diagnosis::CancelCause cause) {
  std::map<std::string, std::shared_ptr<Run>> runs;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    runs = runs_;
  }
  for (const auto& [uid, run] : runs) run->cancellation.Request(cause);
}

}  // namespace kubediag::agent
