#include "engine/kube/object_cache.h"

#include <unordered_set>
#include <utility>

#include "engine/kube/resource_version.h"

namespace kubediag::kube {

std::vector<Change> ObjectCache::Replace(const std::vector<ObjectPtr>& listed, ListKind kind) {
  std::unordered_set<std::string> uids;
  std::map<ObjectKey, std::string> names;
  for (const ObjectPtr& object : listed) {
    uids.insert(object->metadata().uid);
    names[KeyOf(object->object)] = object->metadata().uid;
  }
  const std::lock_guard lock(mutex_);
  std::vector<Change> changes;
  std::vector<std::string> missing;
  for (const auto& [key, uid] : uid_of_) {
    if (!uids.contains(uid)) missing.push_back(uid);
  }
  for (const std::string& uid : missing) {
    const bool replaced = names.contains(KeyOf(by_uid_.at(uid)->object));
    RemoveLocked(uid, nullptr, replaced ? RemovalCause::kReplaced : RemovalCause::kNotListed,
                 changes);
  }
  for (const ObjectPtr& object : listed) {
    PutLocked(object, kind == ListKind::kAfresh, changes);
  }
  return changes;
}

std::vector<Change> ObjectCache::Put(const ObjectPtr& object) {
  const std::lock_guard lock(mutex_);
  std::vector<Change> changes;
  PutLocked(object, false, changes);
  return changes;
}

std::vector<Change> ObjectCache::Remove(const api::ObjectMeta& metadata, ObjectPtr last,
                                        RemovalCause cause) {
  const std::lock_guard lock(mutex_);
  std::vector<Change> changes;
  RemoveLocked(metadata.uid, std::move(last), cause, changes);
  return changes;
}

void ObjectCache::RecordWrite(api::Object written) {
  auto object = std::make_shared<KnownObject>(KnownObject{std::move(written), ""});
  const api::ObjectMeta& metadata = object->metadata();
  const std::lock_guard lock(mutex_);
  const auto known = by_uid_.find(metadata.uid);
  if (known == by_uid_.end() || KeyOf(known->second->object) != KeyOf(object->object)) return;
  if (IsOldNews(metadata.resource_version, known->second->metadata().resource_version)) return;
  known->second = std::move(object);
}

ObjectPtr ObjectCache::Find(const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? nullptr : found->second;
}

ObjectPtr ObjectCache::Find(const ObjectKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = uid_of_.find(key);
  return found == uid_of_.end() ? nullptr : by_uid_.at(found->second);
}

std::vector<ObjectPtr> ObjectCache::List() const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectPtr> objects;
  objects.reserve(uid_of_.size());
  for (const auto& [key, uid] : uid_of_) objects.push_back(by_uid_.at(uid));
  return objects;
}

size_t ObjectCache::size() const {
  const std::lock_guard lock(mutex_);
  return by_uid_.size();
}

void ObjectCache::PutLocked(const ObjectPtr& object, bool force, std::vector<Change>& changes) {
  const api::ObjectMeta& metadata = object->metadata();
  const ObjectKey key = KeyOf(metadata);
  const auto same_uid = by_uid_.find(metadata.uid);
  // An object cannot change its name; whoever says so has made a new one.
  if (same_uid != by_uid_.end() && KeyOf(same_uid->second->object) != key) {
    RemoveLocked(metadata.uid, nullptr, RemovalCause::kReplaced, changes);
  }
  if (const auto named = uid_of_.find(key); named != uid_of_.end()) {
    if (named->second != metadata.uid) {
      const std::string replaced = named->second;
      RemoveLocked(replaced, nullptr, RemovalCause::kReplaced, changes);
    }
  }
  ObjectPtr& known = by_uid_[metadata.uid];
  if (known == nullptr) {
    uid_of_[key] = metadata.uid;
    known = object;
    return changes.push_back({ChangeType::kAdded, RemovalCause::kNone, object, nullptr});
  }
  const std::string& known_version = known->metadata().resource_version;
  const bool is_same = metadata.resource_version == known_version && !known_version.empty();
  if (is_same || (!force && IsOldNews(metadata.resource_version, known_version))) return;
  changes.push_back({ChangeType::kUpdated, RemovalCause::kNone, object, known});
  known = object;
}

void ObjectCache::RemoveLocked(const std::string& uid, ObjectPtr last, RemovalCause cause,
                               std::vector<Change>& changes) {
  const auto found = by_uid_.find(uid);
  if (found == by_uid_.end()) return;
  ObjectPtr previous = std::move(found->second);
  uid_of_.erase(KeyOf(previous->object));
  by_uid_.erase(found);
  if (last == nullptr) last = previous;
  changes.push_back({ChangeType::kRemoved, cause, std::move(last), std::move(previous)});
}

}  // namespace kubediag::kube
