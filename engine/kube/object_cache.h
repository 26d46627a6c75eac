// ObjectCache: the objects of one watch as last heard of, and what each piece of news changes.
//
// Thread-safe; objects handed out are never changed. One writer, the Reflector; consumers read, and
// tell of their own writes. Keyed by uid: an object deleted and made anew under the same name is
// another object. Memory is what the last list and the events since hold, nothing else.
//
// News is what is newer than what is known: an event as old as a write of our own, or older, is
// none, nor is one that was repeated. Versions that cannot be compared are news.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/kube/known_object.h"
#include "engine/kube/object_key.h"

namespace kubediag::kube {

enum class ChangeType { kAdded, kUpdated, kRemoved };

// How it is known that an object is no longer here.
enum class RemovalCause {
  kNone,         // it is here
  kDeleted,      // a DELETED event: gone, or only no longer selected; GET it if that matters
  kNotListed,    // a new list does not have it: likewise
  kReplaced,     // another object has its name: gone for certain
  kNotSelected,  // it was seen to have left the selector, and exists
};

struct Change {
  ChangeType type = ChangeType::kAdded;
  RemovalCause cause = RemovalCause::kNone;
  ObjectPtr object;    // as it is now; when removed, as last heard of
  ObjectPtr previous;  // null when added
};

class ObjectCache {
 public:
  // How a list relates to what is known.
  enum class ListKind {
    kNotOlder,  // our own writes may be newer than it
    kAfresh,    // the server has gone back in time (a restored backup): the list is right
  };

  // For the Reflector. Changes are in the order they must be told: removals first.
  std::vector<Change> Replace(const std::vector<ObjectPtr>& listed, ListKind kind);
  std::vector<Change> Put(const ObjectPtr& object);
  std::vector<Change> Remove(const api::ObjectMeta& metadata, ObjectPtr last, RemovalCause cause);

  // After a write of our own: `written` is the object as the server's answer shows it, or at least
  // its status and resourceVersion do. Nothing happens if the uid is not here.
  void RecordWrite(api::Object written);

  // Null if absent.
  ObjectPtr Find(const std::string& uid) const;
  ObjectPtr Find(const ObjectKey& key) const;
  // In the order of keys.
  std::vector<ObjectPtr> List() const;
  size_t size() const;

 private:
  void PutLocked(const ObjectPtr& object, bool force, std::vector<Change>& changes);
  void RemoveLocked(const std::string& uid, ObjectPtr last, RemovalCause cause,
                    std::vector<Change>& changes);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, ObjectPtr> by_uid_;
  std::map<ObjectKey, std::string> uid_of_;
};

}  // namespace kubediag::kube
