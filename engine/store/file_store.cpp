#include "engine/store/file_store.h"

#include <algorithm>
#include <variant>

#include "engine/api/time.h"
#include "engine/core/digest.h"

namespace kubediag::store {
namespace {

bool SameSpec(const api::Operation& a, const api::Operation& b) {
  return a.processor.http_server == b.processor.http_server &&
         a.processor.script_runner == b.processor.script_runner &&
         a.processor.function == b.processor.function &&
         a.processor.shared_object == b.processor.shared_object &&
         a.processor.timeout_seconds == b.processor.timeout_seconds &&
         a.dependences == b.dependences && a.storage_host_path == b.storage_host_path &&
         a.repeatable == b.repeatable;
}

bool SameSpec(const api::OperationSet& a, const api::OperationSet& b) {
  return a.adjacency_list == b.adjacency_list && a.strategy == b.strategy;
}

bool SameSpec(const api::Diagnosis& a, const api::Diagnosis& b) {
  return a.spec.operation_set == b.spec.operation_set && a.spec.node_name == b.spec.node_name &&
         a.spec.pod_reference == b.spec.pod_reference && a.spec.parameters == b.spec.parameters &&
         a.spec.timeout_seconds == b.spec.timeout_seconds && a.spec.suspend == b.spec.suspend;
}

bool SameSpec(const api::Secret& a, const api::Secret& b) {
  return a.data == b.data && a.type == b.type && a.metadata.labels == b.metadata.labels;
}

Status NotFound(std::string_view kind, const std::string& name) {
  return Status::NotFound(std::string(kind) + " " + name + " does not exist");
}

template <typename T>
Result<T> Find(const std::map<std::string, T>& objects, std::string_view kind,
               const std::string& name) {
  const auto found = objects.find(name);
  if (found == objects.end()) return NotFound(kind, name);
  return found->second;
}

}  // namespace

FileStore::FileStore(EventSink event_sink) : event_sink_(std::move(event_sink)) {}

void FileStore::Stamp(api::ObjectMeta& metadata, const api::ObjectMeta* former) {
  metadata.resource_version = std::to_string(++version_);
  metadata.generation = former == nullptr ? 1 : former->generation + 1;
  metadata.creation_timestamp = former == nullptr ? api::Now() : former->creation_timestamp;
  metadata.deletion_timestamp.reset();
  metadata.uid =
      UuidV5(metadata.namespace_name.empty() ? metadata.name
                                             : metadata.namespace_name + "/" + metadata.name);
}

bool FileStore::Put(api::Object object) {
  const std::lock_guard lock(mutex_);
  return std::visit(
      [this](auto&& known) { return PutLocked(std::forward<decltype(known)>(known)); },
      std::move(object));
}

bool FileStore::PutLocked(api::Operation operation) {
  const auto found = operations_.find(operation.metadata.name);
  const bool is_new = found == operations_.end();
  if (!is_new && SameSpec(found->second, operation)) return false;
  operation.metadata.namespace_name.clear();
  Stamp(operation.metadata, is_new ? nullptr : &found->second.metadata);
  operations_.insert_or_assign(operation.metadata.name, std::move(operation));
  return true;
}

bool FileStore::PutLocked(api::OperationSet operation_set) {
  const auto found = operation_sets_.find(operation_set.metadata.name);
  const bool is_new = found == operation_sets_.end();
  if (!is_new && SameSpec(found->second, operation_set)) return false;
  operation_set.metadata.namespace_name.clear();
  Stamp(operation_set.metadata, is_new ? nullptr : &found->second.metadata);
  operation_set.status = {};
  operation_sets_.insert_or_assign(operation_set.metadata.name, std::move(operation_set));
  return true;
}

bool FileStore::PutLocked(api::Diagnosis diagnosis) {
  if (diagnosis.metadata.namespace_name.empty()) {
    diagnosis.metadata.namespace_name = api::kDefaultNamespace;
  }
  const Name name(diagnosis.metadata.namespace_name, diagnosis.metadata.name);
  const auto found = diagnoses_.find(name);
  const bool is_new = found == diagnoses_.end();
  if (!is_new && SameSpec(found->second.object, diagnosis)) return false;
  Stamp(diagnosis.metadata, is_new ? nullptr : &found->second.object.metadata);
  diagnosis.status = {};
  const uint64_t order = is_new ? version_ : found->second.order;
  diagnoses_.insert_or_assign(name, StoredDiagnosis{std::move(diagnosis), order});
  return true;
}

bool FileStore::PutLocked(api::Secret secret) {
  if (secret.metadata.namespace_name.empty()) {
    secret.metadata.namespace_name = api::kDefaultNamespace;
  }
  const Name name(secret.metadata.namespace_name, secret.metadata.name);
  const auto found = secrets_.find(name);
  const bool is_new = found == secrets_.end();
  if (!is_new && SameSpec(found->second, secret)) return false;
  Stamp(secret.metadata, is_new ? nullptr : &found->second.metadata);
  secrets_.insert_or_assign(name, std::move(secret));
  return true;
}

bool FileStore::Remove(std::string_view kind, const std::string& namespace_name,
                       const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Name full(namespace_name.empty() ? api::kDefaultNamespace : namespace_name, name);
  if (kind == "Operation") return operations_.erase(name) > 0;
  if (kind == "OperationSet") return operation_sets_.erase(name) > 0;
  if (kind == "Diagnosis") return diagnoses_.erase(full) > 0;
  if (kind == "Secret") return secrets_.erase(full) > 0;
  return false;
}

Result<api::Operation> FileStore::GetOperation(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return Find(operations_, "Operation", name);
}

Result<api::OperationSet> FileStore::GetOperationSet(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return Find(operation_sets_, "OperationSet", name);
}

Result<api::Secret> FileStore::GetSecret(const std::string& namespace_name,
                                         const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = secrets_.find(Name(namespace_name, name));
  if (found == secrets_.end()) return NotFound("Secret", namespace_name + "/" + name);
  return found->second;
}

Result<api::Diagnosis> FileStore::GetDiagnosis(const std::string& namespace_name,
                                               const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = diagnoses_.find(Name(namespace_name, name));
  if (found == diagnoses_.end()) return NotFound("Diagnosis", namespace_name + "/" + name);
  return found->second.object;
}

Result<std::vector<api::Diagnosis>> FileStore::ListDiagnoses() {
  const std::lock_guard lock(mutex_);
  std::vector<const StoredDiagnosis*> stored;
  stored.reserve(diagnoses_.size());
  for (const auto& [name, diagnosis] : diagnoses_) stored.push_back(&diagnosis);
  std::sort(stored.begin(), stored.end(),
            [](const auto* a, const auto* b) { return a->order < b->order; });
  std::vector<api::Diagnosis> diagnoses;
  diagnoses.reserve(stored.size());
  for (const auto* diagnosis : stored) diagnoses.push_back(diagnosis->object);
  return diagnoses;
}

std::vector<api::Operation> FileStore::ListOperations() {
  const std::lock_guard lock(mutex_);
  std::vector<api::Operation> operations;
  operations.reserve(operations_.size());
  for (const auto& [name, operation] : operations_) operations.push_back(operation);
  return operations;
}

std::vector<api::OperationSet> FileStore::ListOperationSets() {
  const std::lock_guard lock(mutex_);
  std::vector<api::OperationSet> operation_sets;
  operation_sets.reserve(operation_sets_.size());
  for (const auto& [name, operation_set] : operation_sets_) operation_sets.push_back(operation_set);
  return operation_sets;
}

Status FileStore::WriteStatus(api::Diagnosis& diagnosis) {
  const std::lock_guard lock(mutex_);
  const api::ObjectMeta& metadata = diagnosis.metadata;
  const auto found = diagnoses_.find(Name(metadata.namespace_name, metadata.name));
  if (found == diagnoses_.end()) {
    return NotFound("Diagnosis", metadata.namespace_name + "/" + metadata.name);
  }
  api::Diagnosis& stored = found->second.object;
  if (stored.metadata.uid != metadata.uid ||
      stored.metadata.resource_version != metadata.resource_version) {
    return Status::FailedPrecondition("Diagnosis " + metadata.namespace_name + "/" + metadata.name +
                                      " has changed meanwhile")
        .WithReason("Conflict");
  }
  stored.status = diagnosis.status;
  stored.metadata.resource_version = std::to_string(++version_);
  diagnosis.metadata.resource_version = stored.metadata.resource_version;
  return Status::Ok();
}

void FileStore::RecordEvent(const api::Diagnosis& diagnosis, const Event& event) {
  if (event_sink_) event_sink_(diagnosis, event);
}

}  // namespace kubediag::store
