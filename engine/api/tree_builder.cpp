#include "engine/api/tree_builder.h"

#include <algorithm>

#include "engine/core/limits.h"

namespace kubediag::api {
namespace {

struct Extent {
  size_t depth = 0;
  size_t bytes = 0;
  size_t values = 0;
};

Extent Measure(const Value& value) {
  Extent extent{1, sizeof(Value) + value.text.size(), 1};
  for (const Value::Key& key : value.keys) extent.bytes += sizeof(Value::Key) + key.name.size();
  for (const Value& item : value.items) {
    const Extent inner = Measure(item);
    extent.depth = std::max(extent.depth, inner.depth + 1);
    extent.bytes += inner.bytes;
    extent.values += inner.values;
  }
  return extent;
}

void MergeFrom(const Value& source, Value& map) {
  for (size_t i = 0; i < source.keys.size(); ++i) {
    if (map.Find(source.keys[i].name) != nullptr) continue;
    map.keys.push_back(source.keys[i]);
    map.items.push_back(source.items[i]);
  }
}

// YAML 1.1's merge key: the keys of the maps under it that the map does not have itself.
void ApplyMerge(size_t index, Value& map) {
  const auto offset = static_cast<std::ptrdiff_t>(index);
  const Position position = map.keys[index].position;
  const Value merged = std::move(map.items[index]);
  map.keys.erase(map.keys.begin() + offset);
  map.items.erase(map.items.begin() + offset);

  if (merged.kind == Value::Kind::kMap) return MergeFrom(merged, map);
  const bool all_maps =
      merged.kind == Value::Kind::kList &&
      std::all_of(merged.items.begin(), merged.items.end(),
                  [](const Value& item) { return item.kind == Value::Kind::kMap; });
  if (!all_maps) throw Refused(position, "the merge key << takes a map or a list of maps");
  for (const Value& source : merged.items) MergeFrom(source, map);
}

}  // namespace

bool TreeBuilder::TakesKey() const {
  return !open_.empty() && open_.back().value.kind == Value::Kind::kMap && !open_.back().has_key;
}

void TreeBuilder::CheckCount(Position position) {
  if (++count_ > kMaxManifestValues) {
    throw Refused(position,
                  "more than " + std::to_string(kMaxManifestValues) + " values in a document");
  }
}

void TreeBuilder::Scalar(Position position, Value::Kind kind, std::string text, Anchor anchor) {
  CheckCount(position);
  if (TakesKey()) {
    Level& map = open_.back();
    map.value.keys.push_back({std::move(text), position});
    map.has_key = true;
    return;
  }
  Value value;
  value.kind = kind;
  value.position = position;
  value.text = std::move(text);
  Add(std::move(value), anchor);
}

void TreeBuilder::MergeKey(Position position) {
  Level& map = open_.back();
  if (map.has_merge) throw Refused(position, "the merge key << stands twice in a map");
  map.has_merge = true;
  map.merge_index = map.value.keys.size();
  Scalar(position, Value::Kind::kString, "<<");
}

void TreeBuilder::Open(Position position, Value::Kind kind, Anchor anchor) {
  CheckCount(position);
  if (TakesKey()) throw Refused(position, "a key must be a string, not a list or a map");
  if (open_.size() >= kMaxManifestDepth) {
    throw Refused(position, "nested more than " + std::to_string(kMaxManifestDepth) + " deep");
  }
  open_.emplace_back();
  open_.back().value.kind = kind;
  open_.back().value.position = position;
  open_.back().anchor = anchor;
}

void TreeBuilder::Close() {
  Level level = std::move(open_.back());
  open_.pop_back();
  if (level.has_merge) ApplyMerge(level.merge_index, level.value);
  Add(std::move(level.value), level.anchor);
}

void TreeBuilder::Alias(Position position, Anchor anchor) {
  if (TakesKey()) throw Refused(position, "a key must be a string, not an alias");
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw Refused(position, "an alias to what it stands in");
  const Extent extent = Measure(found->second);
  alias_bytes_ += extent.bytes;
  count_ += extent.values;
  if (alias_bytes_ > kMaxManifestAliasBytes) {
    throw Refused(position, "aliases expand to more than " +
                                std::to_string(kMaxManifestAliasBytes / kMiB) + " MiB");
  }
  CheckCount(position);
  if (open_.size() + extent.depth > kMaxManifestDepth) {
    throw Refused(position, "nested more than " + std::to_string(kMaxManifestDepth) + " deep");
  }
  Value copy = found->second;
  copy.position = position;
  Add(std::move(copy), 0);
}

void TreeBuilder::Add(Value value, Anchor anchor) {
  if (anchor != 0) {
    alias_bytes_ += Measure(value).bytes;
    if (alias_bytes_ > kMaxManifestAliasBytes) {
      throw Refused(value.position, "anchors name more than " +
                                        std::to_string(kMaxManifestAliasBytes / kMiB) + " MiB");
    }
    anchors_[anchor] = value;
  }
  if (open_.empty()) {
    root_ = std::move(value);
    complete_ = true;
    return;
  }
  open_.back().has_key = false;
  open_.back().value.items.push_back(std::move(value));
}

}  // namespace kubediag::api
