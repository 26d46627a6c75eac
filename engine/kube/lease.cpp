#include "engine/kube/lease.h"

#include <algorithm>
#include <utility>

#include "engine/api/encode.h"
#include "engine/api/write.h"
#include "engine/core/limits.h"
#include "engine/kube/json_reading.h"

namespace kubediag::kube {

Result<Lease> ParseLease(std::string_view json) {
  KUBEDIAG_ASSIGN_OR_RETURN(const api::Value document, ParseJsonMap(json));
  const api::Value* const metadata = MapAt(document, "metadata");
  if (metadata == nullptr || TextAt(document, "kind") != "Lease") {
    return Status::DataLoss("the answer is no Lease");
  }
  Lease lease;
  lease.namespace_name = TextAt(*metadata, "namespace");
  lease.name = TextAt(*metadata, "name");
  lease.resource_version = TextAt(*metadata, "resourceVersion");
  if (lease.name.empty() || lease.resource_version.empty()) {
    return Status::DataLoss("the Lease has no name or resourceVersion");
  }
  const api::Value* const spec = MapAt(document, "spec");
  if (spec == nullptr) return lease;
  lease.holder = TextAt(*spec, "holderIdentity");
  lease.duration = std::chrono::seconds(std::clamp<int64_t>(
      IntegerAt(*spec, "leaseDurationSeconds").value_or(0), 0, kMaxLeaseDuration.count()));
  lease.acquire_time = TextAt(*spec, "acquireTime");
  lease.renew_time = TextAt(*spec, "renewTime");
  lease.transitions = IntegerAt(*spec, "leaseTransitions").value_or(0);
  return lease;
}

std::string EncodeLease(const Lease& lease) {
  api::Value metadata = api::Value::Map();
  metadata.Set("name", api::Value::String(lease.name));
  metadata.Set("namespace", api::Value::String(lease.namespace_name));
  if (!lease.resource_version.empty()) {
    metadata.Set("resourceVersion", api::Value::String(lease.resource_version));
  }
  api::Value spec = api::Value::Map();
  spec.Set("holderIdentity", api::Value::String(lease.holder));
  spec.Set("leaseDurationSeconds", api::Value::Integer(lease.duration.count()));
  spec.Set("acquireTime", api::Value::String(lease.acquire_time));
  spec.Set("renewTime", api::Value::String(lease.renew_time));
  spec.Set("leaseTransitions", api::Value::Integer(lease.transitions));
  api::Value document = api::Value::Map();
  document.Set("apiVersion", api::Value::String("coordination.k8s.io/v1"));
  document.Set("kind", api::Value::String("Lease"));
  document.Set("metadata", std::move(metadata));
  document.Set("spec", std::move(spec));
  return api::WriteJson(document, api::JsonLayout::kCompact);
}

}  // namespace kubediag::kube
