// ObjectWatch: keeps a store like the manifests of the watched folders and tells what is to be run.
//
// Not thread-safe; the store is.
#pragma once

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/cli/manifests.h"
#include "engine/store/file_store.h"

namespace kubediag::cli {

// What one reading of the manifests has changed.
struct ObjectChanges {
  std::vector<api::Diagnosis> ready;         // new or changed, and their OperationSet is there
  std::vector<api::Diagnosis> waiting;       // told once: new, but the OperationSet is not there
  std::vector<api::Diagnosis> removed;       // no longer in any file
  std::vector<api::Diagnostic> diagnostics;  // that the reading before did not have
  std::vector<std::string> errors;           // likewise: what could not be read
};

class ObjectWatch {
 public:
  // The store is borrowed.
  explicit ObjectWatch(store::FileStore& store) : store_(store) {}

  // Objects with errors are left out; while there are any errors, or a file is being written,
  // nothing is taken for removed.
  ObjectChanges Apply(const ObjectSet& set);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // kind, namespace, name
  using Name = std::pair<std::string, std::string>;               // namespace, name

  void Report(const ObjectSet& set, ObjectChanges& changes);
  void Remove(const std::set<Key>& present, ObjectChanges& changes);
  void Release(ObjectChanges& changes);

  store::FileStore& store_;
  std::set<Key> known_;
  std::vector<Name> pending_;  // Diagnoses that have not been handed out, in order
  std::set<Name> told_;        // those among them that were reported as waiting
  std::set<std::string> reported_;
};

}  // namespace kubediag::cli
