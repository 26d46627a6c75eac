// Store: where objects come from and where status goes. Local mode reads files (file_store.h); the
// cluster is another one.
//
// Thread-safe. Errors: NotFound for an absent object, Unavailable for a store that does not answer
// (retry may help), FailedPrecondition with reason "Conflict" for a status write against an object
// that has changed or been replaced.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"

namespace kubediag::store {

enum class EventType { kNormal, kWarning };

// Something worth telling about a Diagnosis, as a Kubernetes Event would. Best effort; never
// carries a capability.
struct Event {
  EventType type = EventType::kNormal;
  std::string reason;
  std::string message;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual Result<api::Operation> GetOperation(const std::string& name) = 0;
  virtual Result<api::OperationSet> GetOperationSet(const std::string& name) = 0;
  virtual Result<api::Secret> GetSecret(const std::string& namespace_name,
                                        const std::string& name) = 0;
  virtual Result<api::Diagnosis> GetDiagnosis(const std::string& namespace_name,
                                              const std::string& name) = 0;
  virtual Result<std::vector<api::Diagnosis>> ListDiagnoses() = 0;

  // Writes diagnosis.status if metadata.uid and metadata.resource_version still are the store's; on
  // success `diagnosis.metadata.resource_version` is the new one. Claiming is a status write too.
  virtual Status WriteStatus(api::Diagnosis& diagnosis) = 0;

  virtual void RecordEvent(const api::Diagnosis& diagnosis, const Event& event) = 0;
};

}  // namespace kubediag::store
