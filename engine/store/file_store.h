// FileStore: a Store whose objects were read from files (local mode). It lives in memory: what is
// written is gone with the process.
//
// Thread-safe. Owns copies of everything. Objects get what an API server would give them: a uid
// (UUID version 5 of "namespace/name", so that a later process finds the same journal), a resource
// version, a generation, and a Diagnosis an empty status, whatever the file said.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/object.h"
#include "engine/store/store.h"

namespace kubediag::store {

class FileStore : public Store {
 public:
  // Told each event, from the thread that records it; may be empty.
  using EventSink = std::function<void(const api::Diagnosis&, const Event&)>;
  explicit FileStore(EventSink event_sink = {});

  // Adds an object, or replaces the one of the same kind and name. A Diagnosis or Secret without
  // namespace is in "default". True if it is new or its spec differs from what was there; an equal
  // one is left alone, status and all.
  bool Put(api::Object object);
  // True if it was there. `namespace_name` is empty for cluster-scoped kinds.
  bool Remove(std::string_view kind, const std::string& namespace_name, const std::string& name);

  Result<api::Operation> GetOperation(const std::string& name) override;
  Result<api::OperationSet> GetOperationSet(const std::string& name) override;
  Result<api::Secret> GetSecret(const std::string& namespace_name,
                                const std::string& name) override;
  Result<api::Diagnosis> GetDiagnosis(const std::string& namespace_name,
                                      const std::string& name) override;
  Result<std::vector<api::Diagnosis>> ListDiagnoses() override;  // in the order they were added
  std::vector<api::Operation> ListOperations();                  // by name
  std::vector<api::OperationSet> ListOperationSets();            // by name
  Status WriteStatus(api::Diagnosis& diagnosis) override;
  void RecordEvent(const api::Diagnosis& diagnosis, const Event& event) override;

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name
  struct StoredDiagnosis {
    api::Diagnosis object;
    uint64_t order = 0;
  };

  bool PutLocked(api::Operation operation);
  bool PutLocked(api::OperationSet operation_set);
  bool PutLocked(api::Diagnosis diagnosis);
  bool PutLocked(api::Secret secret);
  void Stamp(api::ObjectMeta& metadata, const api::ObjectMeta* former);

  std::mutex mutex_;
  uint64_t version_ = 0;
  std::map<std::string, api::Operation> operations_;
  std::map<std::string, api::OperationSet> operation_sets_;
  std::map<Name, StoredDiagnosis> diagnoses_;
  std::map<Name, api::Secret> secrets_;
  EventSink event_sink_;
};

}  // namespace kubediag::store
