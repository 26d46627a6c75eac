#include "engine/cli/object_watch.h"

#include <algorithm>
#include <variant>

#include "engine/api/object.h"

namespace kubediag::cli {

ObjectChanges ObjectWatch::Apply(const ObjectSet& set) {
  ObjectChanges changes;
  Report(set, changes);
  std::set<Key> present;
  for (const api::DecodedObject& decoded : set.objects) {
    if (!decoded.valid) continue;
    const api::ObjectMeta& metadata = api::MetadataOf(decoded.object);
    present.emplace(api::KindOf(decoded.object), metadata.namespace_name, metadata.name);
    if (!store_.Put(decoded.object)) continue;
    if (!std::holds_alternative<api::Diagnosis>(decoded.object)) continue;
    const Name name(metadata.namespace_name, metadata.name);
    if (std::find(pending_.begin(), pending_.end(), name) == pending_.end()) {
      pending_.push_back(name);
    }
  }
  if (set.ok() && !set.being_written) Remove(present, changes);
  known_.merge(present);
  Release(changes);
  return changes;
}

void ObjectWatch::Report(const ObjectSet& set, ObjectChanges& changes) {
  std::set<std::string> now;
  for (const api::Diagnostic& diagnostic : set.diagnostics) {
    const std::string text = diagnostic.ToString();
    if (now.insert(text).second && reported_.count(text) == 0) {
      changes.diagnostics.push_back(diagnostic);
    }
  }
  for (const Status& status : set.unreadable) {
    const std::string& text = status.message();
    if (now.insert(text).second && reported_.count(text) == 0) changes.errors.push_back(text);
  }
  reported_ = std::move(now);
}

void ObjectWatch::Remove(const std::set<Key>& present, ObjectChanges& changes) {
  for (auto key = known_.begin(); key != known_.end();) {
    if (present.count(*key) > 0) {
      ++key;
      continue;
    }
    const auto& [kind, namespace_name, name] = *key;
    if (kind == "Diagnosis") {
      if (auto gone = store_.GetDiagnosis(namespace_name, name); gone.ok()) {
        changes.removed.push_back(*std::move(gone));
      }
      std::erase(pending_, Name(namespace_name, name));
      told_.erase(Name(namespace_name, name));
    }
    store_.Remove(kind, namespace_name, name);
    key = known_.erase(key);
  }
}

void ObjectWatch::Release(ObjectChanges& changes) {
  std::vector<Name> still_pending;
  for (const Name& name : pending_) {
    Result<api::Diagnosis> diagnosis = store_.GetDiagnosis(name.first, name.second);
    if (!diagnosis.ok()) continue;
    if (store_.GetOperationSet(diagnosis->spec.operation_set).ok()) {
      told_.erase(name);
      changes.ready.push_back(*std::move(diagnosis));
      continue;
    }
    still_pending.push_back(name);
    if (told_.insert(name).second) changes.waiting.push_back(*std::move(diagnosis));
  }
  pending_ = std::move(still_pending);
}

}  // namespace kubediag::cli
