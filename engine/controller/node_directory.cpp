#include "engine/controller/node_directory.h"

#include "engine/core/limits.h"

namespace kubediag::controller {

NodeState NodeDirectory::Look(const std::string& name, const std::stop_token& stop) {
  const kube::Clock::TimePoint now = clock_.Now();
  {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(name);
    if (known != entries_.end() && now - known->second.asked < kNodeMemory) {
      return known->second.state;
    }
  }
  const Status answer = client_.Get(kube::kNodes, "", name, {.stop = stop}).status();
  // A name that no node can have is answered by the client itself.
  const bool absent =
      answer.code() == StatusCode::kNotFound || answer.code() == StatusCode::kInvalidArgument;
  if (!answer.ok() && !absent) return NodeState::kUnknown;
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxKnownNodes) entries_.clear();
  Entry& entry = entries_[name];
  const bool seen = entry.state == NodeState::kPresent || entry.state == NodeState::kGone;
  entry.asked = now;
  entry.state = !absent ? NodeState::kPresent : seen ? NodeState::kGone : NodeState::kAbsent;
  return entry.state;
}

}  // namespace kubediag::controller
