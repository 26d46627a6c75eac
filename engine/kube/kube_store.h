// KubeStore: a Store whose objects live in the cluster.
//
// Thread-safe; blocks its callers. Borrows the client and the recorder. Reads are live. Status
// writes are merge patches on /status that carry metadata.resourceVersion; one whose outcome is not
// known is settled by reading the object again, so that what has happened is neither reported as
// failed nor done twice. An object that was deleted and made anew under the same name has another
// uid, and never gets the other's status.
//
// Errors: as Store says. Unavailable also stands for a deadline of ours; PermissionDenied (with the
// command that grants it, for a Secret), InvalidArgument for an object of the server that cannot be
// read.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/limits.h"
#include "engine/kube/api_client.h"
#include "engine/kube/event_recorder.h"
#include "engine/kube/status_memory.h"
#include "engine/metrics/registry.h"
#include "engine/store/store.h"

namespace kubediag::kube {

struct KubeStoreOptions {
  std::string node_name;  // ListDiagnoses gives those of this node; empty: all
  // Who the agent is, for messages about what it may not read.
  std::string service_account = "kubediag:kubediag-agent";
  std::string secret_role = "kubediag-agent-secrets";  // a ClusterRole
  std::stop_token stop = {};                           // ends what waits
};

class KubeStore : public store::Store {
 public:
  KubeStore(ApiClient& client, EventRecorder& events, metrics::Registry& registry,
            KubeStoreOptions options);

  Result<api::Operation> GetOperation(const std::string& name) override;
  Result<api::OperationSet> GetOperationSet(const std::string& name) override;
  Result<api::Secret> GetSecret(const std::string& namespace_name,
                                const std::string& name) override;
  Result<api::Diagnosis> GetDiagnosis(const std::string& namespace_name,
                                      const std::string& name) override;
  // By the field selector spec.nodeName, or, where the server has none
  // (kubediag_list_client_side_filter), all, of which those of the node are kept.
  Result<std::vector<api::Diagnosis>> ListDiagnoses() override;
  Status WriteStatus(api::Diagnosis& diagnosis) override;
  void RecordEvent(const api::Diagnosis& diagnosis, const store::Event& event) override;

  // Tells of a Diagnosis that was read elsewhere (by a watch): its next status write is then a
  // smaller one, and needs no reading first.
  // What has ended and serves no page is forgotten instead: hardly anything is written to it.
  void Remember(const api::Diagnosis& diagnosis);
  // Of a Diagnosis that is gone, or another's.
  void Forget(const std::string& uid);
  // About how much memory what is remembered takes.
  size_t remembered_bytes() const { return memory_.bytes(); }
  // Called after each status write with the object as it then is, so that a cache learns of it; set
  // before the first one.
  using OnWritten = std::function<void(const api::Diagnosis& diagnosis)>;
  void set_on_written(OnWritten on_written) { on_written_ = std::move(on_written); }

 private:
  template <typename T>
  Result<T> Read(const Resource& resource, const std::string& namespace_name,
                 const std::string& name, const Call& call);
  Status List(const std::string& field_selector, std::vector<api::Diagnosis>& diagnoses);
  Call Bounds(Deadline deadline) const { return {.deadline = deadline, .stop = options_.stop}; }
  Result<api::DiagnosisStatus> ReadKnown(const api::Diagnosis& wanted);
  std::optional<Status> Settle(const api::Value& patch, api::Diagnosis& wanted,
                               const Status& tried);
  // Of what is stored and does not fit its type only the version is believed.
  void Written(const api::Diagnosis& stored, bool is_valid, api::Diagnosis& wanted);

  ApiClient& client_;
  EventRecorder& events_;
  const KubeStoreOptions options_;
  metrics::Gauge filtering_;
  StatusMemory memory_;
  OnWritten on_written_;
};

}  // namespace kubediag::kube
