#include "engine/diagnosis/visible_results.h"

#include <set>
#include <utility>

namespace kubediag::diagnosis {

using graph::NodeIndex;

VisibleResults::VisibleResults(const graph::OperationGraph& graph)
    : graph_(graph), before_(graph.size()), behind_(graph.size()), readers_(graph.size()) {
  for (NodeIndex node = 0; node < graph.size(); ++node) {
    readers_[node] = static_cast<uint32_t>(graph.Successors(node).size());
  }
}

std::shared_ptr<const VisibleResults::Map> VisibleResults::Merge(NodeIndex node) {
  std::shared_ptr<const Map> first;
  std::shared_ptr<Map> merged;
  std::set<const Map*> taken;
  for (const NodeIndex predecessor : graph_.Predecessors(node)) {
    const auto& map = behind_[predecessor];
    if (map == nullptr || !taken.insert(map.get()).second) continue;
    if (first == nullptr) {
      first = map;
      continue;
    }
    if (merged == nullptr) merged = std::make_shared<Map>(*first);
    for (const auto& [key, origin] : *map) {
      const auto [at, is_new] = merged->try_emplace(key, origin);
      if (!is_new && at->second.rank < origin.rank) at->second = origin;
    }
  }
  return merged == nullptr ? first : merged;
}

ResultMap VisibleResults::Before(NodeIndex node) {
  before_[node] = Merge(node);
  ResultMap results;
  if (before_[node] == nullptr) return results;
  for (const auto& [key, origin] : *before_[node]) {
    results.emplace_hint(results.end(), key, origin.entry);
  }
  return results;
}

void VisibleResults::End(NodeIndex node, const ResultMap& own) {
  std::shared_ptr<const Map> behind = std::exchange(before_[node], nullptr);
  if (behind == nullptr) behind = Merge(node);
  if (!own.empty()) {
    // A node ranks above all its ancestors.
    auto with_own = behind == nullptr ? std::make_shared<Map>() : std::make_shared<Map>(*behind);
    for (const auto& [key, entry] : own) {
      with_own->insert_or_assign(key, Origin{.rank = graph_.Rank(node), .entry = entry});
    }
    behind = std::move(with_own);
  }
  if (readers_[node] > 0) behind_[node] = std::move(behind);
  for (const NodeIndex predecessor : graph_.Predecessors(node)) {
    if (--readers_[predecessor] == 0) behind_[predecessor].reset();
  }
}

size_t VisibleResults::MapCount() const {
  std::set<const Map*> maps;
  for (const auto& map : behind_) {
    if (map != nullptr) maps.insert(map.get());
  }
  return maps.size();
}

}  // namespace kubediag::diagnosis
