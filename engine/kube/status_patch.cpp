#include "engine/kube/status_patch.h"

#include <string>
#include <string_view>
#include <utility>

#include "engine/api/encode_kinds.h"
#include "engine/api/write.h"

namespace kubediag::kube {
namespace {

constexpr std::string_view kResults = "operationResults";

// Every field a status may have, for a patch of one that is not known.
constexpr std::string_view kFields[] = {
    "artifacts",   "checkpoint",    "claim",        "completionTime",   "conditions",
    "failedPaths", "heartbeatTime", "message",      "operationResults", "operations",
    "phase",       "startTime",     "succeededPath"};
// A map is merged into what is there, so its own fields count, too.
constexpr std::string_view kClaimFields[] = {"instance", "operationSetHash", "time"};

std::string Text(const api::Value& value) {
  return api::WriteJson(value, api::JsonLayout::kCompact);
}

api::Value WithoutResults(const api::DiagnosisStatus& status) {
  if (status.operation_results.empty()) return api::StatusValue(status);
  api::DiagnosisStatus rest = status;
  rest.operation_results.clear();
  return api::StatusValue(rest);
}

// What a merge patch must say so that a map becomes `wanted`.
api::Value MapPatch(const api::Value& known, const api::Value& wanted) {
  api::Value patch = wanted;
  for (const api::Value::Key& key : known.keys) {
    if (wanted.Find(key.name) == nullptr) patch.Set(key.name, api::Value());
  }
  return patch;
}

api::Value ClaimPatch(const api::Value* known, const api::Value& wanted) {
  if (known != nullptr) return MapPatch(*known, wanted);
  api::Value patch = wanted;
  for (const std::string_view field : kClaimFields) {
    if (wanted.Find(field) == nullptr) patch.Set(field, api::Value());
  }
  return patch;
}

void AddResults(const api::DiagnosisStatus* known, const api::DiagnosisStatus& wanted,
                api::Value& patch) {
  const api::StringMap& now = wanted.operation_results;
  if (now.empty()) {
    if (known == nullptr || !known->operation_results.empty()) patch.Set(kResults, api::Value());
    return;
  }
  api::Value changes = api::Value::Map();
  for (const auto& [key, value] : now) {
    if (known != nullptr) {
      const auto found = known->operation_results.find(key);
      if (found != known->operation_results.end() && found->second == value) continue;
    }
    changes.keys.push_back({key, {}});
    changes.items.push_back(api::Value::String(value));
  }
  if (known != nullptr) {
    for (const auto& [key, value] : known->operation_results) {
      if (now.contains(key)) continue;
      changes.keys.push_back({key, {}});
      changes.items.emplace_back();
    }
  }
  if (!changes.items.empty()) patch.Set(kResults, std::move(changes));
}

}  // namespace

api::Value StatusPatch(const api::DiagnosisStatus* known, const api::DiagnosisStatus& wanted) {
  const api::Value before = known == nullptr ? api::Value::Map() : WithoutResults(*known);
  const api::Value after = WithoutResults(wanted);
  api::Value patch = api::Value::Map();
  for (const std::string_view field : kFields) {
    if (field == kResults) continue;
    const api::Value* const old_value = before.Find(field);
    const api::Value* const new_value = after.Find(field);
    if (new_value == nullptr) {
      if (known == nullptr || old_value != nullptr) patch.Set(field, api::Value());
      continue;
    }
    if (old_value != nullptr && Text(*old_value) == Text(*new_value)) continue;
    if (field == "claim" && (known == nullptr || old_value != nullptr)) {
      patch.Set(field, ClaimPatch(old_value, *new_value));
    } else {
      patch.Set(field, *new_value);
    }
  }
  AddResults(known, wanted, patch);
  return patch;
}

bool HasLanded(const api::Value& patch, const api::DiagnosisStatus& wanted,
               const api::DiagnosisStatus& current) {
  const api::Value missing = StatusPatch(&current, wanted);
  for (const api::Value::Key& key : missing.keys) {
    const api::Value* const ours = patch.Find(key.name);
    if (ours == nullptr) continue;  // somebody else's field
    if (key.name != kResults || ours->kind != api::Value::Kind::kMap) return false;
    const api::Value* const results = missing.Find(key.name);
    if (results->kind != api::Value::Kind::kMap) return false;
    for (const api::Value::Key& result : results->keys) {
      if (ours->Find(result.name) != nullptr) return false;
    }
  }
  return true;
}

}  // namespace kubediag::kube
