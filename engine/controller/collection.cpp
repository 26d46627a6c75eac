#include "engine/controller/collection.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "engine/api/conditions.h"
#include "engine/core/limits.h"

namespace kubediag::controller {
namespace {

constexpr char kByTtl[] = "ttl";
constexpr char kByCount[] = "count";
constexpr char kByBytes[] = "bytes";

std::vector<size_t> OldestFirst(std::span<const Finished> finished) {
  std::vector<size_t> order(finished.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return finished[a].ended < finished[b].ended; });
  return order;
}

size_t TextBytes(const api::Path& path) {
  constexpr size_t kNumberBytes = 4;
  constexpr size_t kNodeBytes = 32;  // names of fields
  size_t bytes = 0;
  for (const api::Node& node : path) {
    bytes += kNodeBytes + node.operation.size() +
             (node.to.size() + node.dependences.size()) * kNumberBytes;
  }
  return bytes;
}

}  // namespace

std::vector<Collected> ChooseCollected(std::span<const Finished> finished,
                                       const CollectionRules& rules, api::Time now) {
  std::map<std::string, size_t> left_on;  // by node
  size_t bytes_left = 0;
  for (const Finished& each : finished) {
    if (!each.node_name.empty()) ++left_on[each.node_name];
    bytes_left += each.status_bytes;
  }
  std::vector<Collected> collected;
  for (const size_t index : OldestFirst(finished)) {
    const Finished& each = finished[index];
    const std::chrono::seconds age = now - each.ended;
    if (each.serves || age < rules.minimum_age || each.seen < rules.minimum_age) continue;
    const char* cause = nullptr;
    if (age > rules.ttl) {
      cause = kByTtl;
    } else if (!each.node_name.empty() && left_on[each.node_name] > rules.most_per_node) {
      cause = kByCount;
    } else if (bytes_left > rules.most_status_bytes) {
      cause = kByBytes;
    } else {
      continue;
    }
    collected.push_back({index, cause});
    if (!each.node_name.empty()) --left_on[each.node_name];
    bytes_left -= each.status_bytes;
  }
  return collected;
}

api::Time EndOf(const api::Diagnosis& diagnosis) {
  if (diagnosis.status.completion_time) return *diagnosis.status.completion_time;
  if (diagnosis.status.start_time) return *diagnosis.status.start_time;
  return diagnosis.metadata.creation_timestamp.value_or(api::Time::max());
}

bool MayServe(const api::DiagnosisStatus& status, api::Time now) {
  const api::Condition* const serving =
      api::FindCondition(status.conditions, api::kConditionServing);
  if (serving == nullptr || serving->status != api::kConditionTrue) return false;
  if (!serving->last_transition_time) return true;
  return now - *serving->last_transition_time < kMaxViewerLinger;
}

size_t ApproximateBytes(const api::DiagnosisStatus& status) {
  constexpr size_t kElementBytes = 128;  // names of fields, times and numbers
  size_t bytes = kElementBytes + status.message.size() + TextBytes(status.succeeded_path);
  for (const api::Condition& condition : status.conditions) {
    bytes += kElementBytes + condition.message.size();
  }
  for (const api::Path& path : status.failed_paths) bytes += TextBytes(path);
  for (const auto& [key, value] : status.operation_results) bytes += key.size() + value.size() + 6;
  for (const api::OperationOutcome& outcome : status.operations) {
    bytes += kElementBytes + outcome.operation.size() + outcome.message.size();
  }
  for (const api::Artifact& artifact : status.artifacts) {
    bytes += kElementBytes + artifact.key.size() + artifact.path.size();
  }
  return bytes;
}

kube::Clock::Duration CollectionInterval(const CollectionRules& rules) {
  constexpr kube::Clock::Duration kLeast = std::chrono::seconds(1);
  const kube::Clock::Duration quarter = std::min(rules.ttl, rules.minimum_age) / 4;
  return std::clamp<kube::Clock::Duration>(quarter, kLeast, kCollectionInterval);
}

}  // namespace kubediag::controller
