#include "engine/kube/kube_store.h"

#include <utility>
#include <variant>

#include "engine/api/conditions.h"
#include "engine/api/decode.h"
#include "engine/api/diagnosis_status.h"
#include "engine/api/write.h"
#include "engine/kube/api_error.h"
#include "engine/kube/status_patch.h"

namespace kubediag::kube {
namespace {

// The server's object as ours. One that does not fit its type is of no use to anybody here.
template <typename T>
Result<T> ObjectOf(api::Decoded decoded, const std::string& what) {
  for (api::DecodedObject& each : decoded.objects) {
    T* const object = std::get_if<T>(&each.object);
    if (object == nullptr) continue;
    if (each.valid) return std::move(*object);
    for (const api::Diagnostic& diagnostic : decoded.diagnostics) {
      if (diagnostic.severity != api::Severity::kError) continue;
      return Status::InvalidArgument(what + ": " + diagnostic.field + ": " + diagnostic.message);
    }
  }
  return Status::InvalidArgument(what + ": the server's answer cannot be read");
}

// What the server has stored, though it may not fit its type: null if it is no Diagnosis at all.
const api::DecodedObject* DiagnosisIn(const api::Decoded& decoded) {
  for (const api::DecodedObject& each : decoded.objects) {
    if (std::holds_alternative<api::Diagnosis>(each.object)) return &each;
  }
  return nullptr;
}

Status Conflict(const api::Diagnosis& diagnosis, const std::string& why) {
  return Status(
      StatusCode::kFailedPrecondition, kReasonConflict,
      "Diagnosis " + diagnosis.metadata.namespace_name + "/" + diagnosis.metadata.name + " " + why);
}

// To callers of a Store a server that was too slow is one that does not answer.
Status ForStore(const Status& status) {
  if (status.code() != StatusCode::kDeadlineExceeded) return status;
  return Status(StatusCode::kUnavailable, "Timeout", status.message());
}

bool MayBeWrittenAgain(const api::DiagnosisStatus& status) {
  return !api::HasEnded(status.phase) ||
         api::IsConditionTrue(status.conditions, api::kConditionServing);
}

}  // namespace

KubeStore::KubeStore(ApiClient& client, EventRecorder& events, metrics::Registry& registry,
                     KubeStoreOptions options)
    : client_(client),
      events_(events),
      options_(std::move(options)),
      filtering_(registry.MakeGauge(
          "kubediag_list_client_side_filter",
          "1 if the API server has no field selector for spec.nodeName, and all are listed.",
          {{"resource", "diagnoses"}})),
      memory_(kMaxRememberedStatusBytes) {}

template <typename T>
Result<T> KubeStore::Read(const Resource& resource, const std::string& namespace_name,
                          const std::string& name, const Call& call) {
  auto body = client_.Get(resource, namespace_name, name, call);
  if (!body.ok()) return ForStore(body.status());
  const std::string what = DisplayName(resource, namespace_name, name);
  return ObjectOf<T>(api::Decode(*body, what), what);
}

Result<api::Operation> KubeStore::GetOperation(const std::string& name) {
  return Read<api::Operation>(kOperations, "", name, Bounds(Deadline::After(kApiCallTimeout)));
}

Result<api::OperationSet> KubeStore::GetOperationSet(const std::string& name) {
  return Read<api::OperationSet>(kOperationSets, "", name,
                                 Bounds(Deadline::After(kApiCallTimeout)));
}

Result<api::Secret> KubeStore::GetSecret(const std::string& namespace_name,
                                         const std::string& name) {
  auto secret =
      Read<api::Secret>(kSecrets, namespace_name, name, Bounds(Deadline::After(kApiCallTimeout)));
  if (secret.status().reason() == kReasonUnauthorized) {
    // We are not let in at all, for now: nothing is said about who may use this Secret.
    return Status(StatusCode::kUnavailable, kReasonUnauthorized, secret.status().message());
  }
  if (secret.ok() || secret.status().reason() != "Forbidden") return secret;
  return Status(
      StatusCode::kPermissionDenied, "Forbidden",
      secret.status().message() +
          "; to allow it: kubectl create rolebinding kubediag-agent-secrets --namespace=" +
          namespace_name + " --clusterrole=" + options_.secret_role +
          " --serviceaccount=" + options_.service_account);
}

Result<api::Diagnosis> KubeStore::GetDiagnosis(const std::string& namespace_name,
                                               const std::string& name) {
  auto diagnosis = Read<api::Diagnosis>(kDiagnoses, namespace_name, name,
                                        Bounds(Deadline::After(kApiCallTimeout)));
  if (diagnosis.ok()) Remember(*diagnosis);
  return diagnosis;
}

Result<std::vector<api::Diagnosis>> KubeStore::ListDiagnoses() {
  std::vector<api::Diagnosis> diagnoses;
  if (options_.node_name.empty()) {
    KUBEDIAG_RETURN_IF_ERROR(List("", diagnoses));
    return diagnoses;
  }
  const Status listed = List("spec.nodeName=" + options_.node_name, diagnoses);
  const bool unsupported =
      listed.reason() == "BadRequest" && listed.message().find("field label") != std::string::npos;
  filtering_.Set(unsupported ? 1 : 0);
  if (listed.ok()) return diagnoses;
  if (!unsupported) return listed;
  KUBEDIAG_RETURN_IF_ERROR(List("", diagnoses));
  std::erase_if(diagnoses, [this](const api::Diagnosis& diagnosis) {
    return diagnosis.spec.node_name != options_.node_name;
  });
  return diagnoses;
}

Status KubeStore::List(const std::string& field_selector, std::vector<api::Diagnosis>& diagnoses) {
  const auto take = [&](ListPage page) {
    if (page.first) diagnoses.clear();
    api::Decoded decoded = api::DecodeDocument(std::move(page.document), "list of diagnoses");
    for (api::DecodedObject& each : decoded.objects) {
      auto* const diagnosis = std::get_if<api::Diagnosis>(&each.object);
      // What cannot be read cannot be run; the watch reports it.
      if (diagnosis != nullptr && each.valid) diagnoses.push_back(std::move(*diagnosis));
    }
    return Status::Ok();
  };
  return ForStore(client_
                      .List(kDiagnoses, "", {.field_selector = field_selector}, take,
                            Bounds(Deadline::After(kApiCallTimeout)))
                      .status());
}

void KubeStore::Remember(const api::Diagnosis& diagnosis) {
  if (!MayBeWrittenAgain(diagnosis.status)) return Forget(diagnosis.metadata.uid);
  memory_.Put(diagnosis.metadata, diagnosis.status);
}

void KubeStore::Forget(const std::string& uid) { memory_.Forget(uid); }

Status KubeStore::WriteStatus(api::Diagnosis& diagnosis) {
  const api::ObjectMeta& metadata = diagnosis.metadata;
  if (metadata.uid.empty() || metadata.resource_version.empty()) {
    return Status::InvalidArgument("Diagnosis " + metadata.name +
                                   ": a status write needs its uid and resourceVersion");
  }
  std::optional<api::DiagnosisStatus> known = memory_.Find(metadata);
  // Which results to remove can only be told from what is there.
  if (!known && !diagnosis.status.operation_results.empty()) {
    auto read = ReadKnown(diagnosis);
    KUBEDIAG_RETURN_IF_ERROR(read.status());
    known = *std::move(read);
  }
  const api::Value patch = StatusPatch(known ? &*known : nullptr, diagnosis.status);
  api::Value body_metadata = api::Value::Map();
  body_metadata.Set("resourceVersion", api::Value::String(metadata.resource_version));
  api::Value body = api::Value::Map();
  body.Set("metadata", std::move(body_metadata));
  body.Set("status", patch);
  const std::string text = api::WriteJson(body, api::JsonLayout::kCompact);

  const Deadline deadline = Deadline::After(kApiTryTimeout);
  Status tried;
  for (int attempt = 0; attempt < kMaxUnknownOutcomes; ++attempt) {
    auto answer = client_.MergePatch(kDiagnoses, metadata.namespace_name, metadata.name, "status",
                                     text, Bounds(deadline));
    if (answer.ok()) {
      const std::string what = "Diagnosis " + metadata.namespace_name + "/" + metadata.name;
      const api::Decoded decoded = api::Decode(*answer, what);
      const api::DecodedObject* const stored = DiagnosisIn(decoded);
      if (stored != nullptr && api::MetadataOf(stored->object).uid == metadata.uid) {
        Written(std::get<api::Diagnosis>(stored->object), stored->valid, diagnosis);
        return Status::Ok();
      }
      // An answer that cannot be read leaves open what became of the write.
      tried = stored != nullptr
                  ? Conflict(diagnosis, "has been replaced meanwhile")
                  : Status::Unavailable(what + ": the server's answer cannot be read");
    } else {
      tried = answer.status();
      if (tried.reason() != kReasonConflict && !OutcomeUnknown(tried)) return tried;
    }
    // Not settled: it has not happened, and the version in it keeps it from happening twice.
    if (auto settled = Settle(patch, diagnosis, tried)) return *std::move(settled);
  }
  return ForStore(tried);
}

// The status that `wanted` was made from.
Result<api::DiagnosisStatus> KubeStore::ReadKnown(const api::Diagnosis& wanted) {
  const api::ObjectMeta& metadata = wanted.metadata;
  auto current = GetDiagnosis(metadata.namespace_name, metadata.name);
  KUBEDIAG_RETURN_IF_ERROR(current.status());
  if (current->metadata.uid != metadata.uid) return Conflict(wanted, "has been replaced");
  if (current->metadata.resource_version != metadata.resource_version) {
    return Conflict(wanted, "has changed meanwhile");
  }
  return std::move(current->status);
}

// After a write that was refused or lost (a request may have been sent twice, and the second one
// refused because of the first): nullopt if the object is as it was, ok if it is as it should be,
// else a conflict, or why it could not be read.
std::optional<Status> KubeStore::Settle(const api::Value& patch, api::Diagnosis& wanted,
                                        const Status& tried) {
  const api::ObjectMeta& metadata = wanted.metadata;
  auto current = Read<api::Diagnosis>(kDiagnoses, metadata.namespace_name, metadata.name,
                                      Bounds(Deadline::After(kStatusSettleTimeout)));
  if (!current.ok()) {
    if (current.status().code() == StatusCode::kNotFound) return current.status();
    return ForStore(tried.reason() == kReasonConflict ? current.status() : tried);
  }
  if (current->metadata.uid != metadata.uid) return Conflict(wanted, "has been replaced meanwhile");
  if (current->metadata.resource_version == metadata.resource_version) return std::nullopt;
  if (HasLanded(patch, wanted.status, current->status)) {
    Written(*current, true, wanted);
    return Status::Ok();
  }
  Remember(*current);
  return Conflict(wanted, "has changed meanwhile");
}

void KubeStore::Written(const api::Diagnosis& stored, bool is_valid, api::Diagnosis& wanted) {
  wanted.metadata.resource_version = stored.metadata.resource_version;
  if (is_valid) Remember(stored);
  if (on_written_) on_written_(is_valid ? stored : wanted);
}

void KubeStore::RecordEvent(const api::Diagnosis& diagnosis, const store::Event& event) {
  events_.Record({.resource = kDiagnoses,
                  .namespace_name = diagnosis.metadata.namespace_name,
                  .name = diagnosis.metadata.name,
                  .uid = diagnosis.metadata.uid},
                 "Diagnose", event);
}

}  // namespace kubediag::kube
