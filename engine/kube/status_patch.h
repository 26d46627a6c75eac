// StatusPatch: a status write as a JSON merge patch (RFC 7386), so that what others have put into
// the status stays. Pure functions, thread-safe.
#pragma once

#include "engine/api/objects.h"
#include "engine/api/value.h"

namespace kubediag::kube {

// What turns `known` into `wanted`: changed fields whole (lists are replaced by a merge patch), of
// operationResults only the changed keys; what is gone is null. `known` null: all fields of
// `wanted`, and null for all others this engine has; keys of operationResults that `wanted` lacks
// are then not known and stay.
api::Value StatusPatch(const api::DiagnosisStatus* known, const api::DiagnosisStatus& wanted);

// Whether `current` already is as `patch`, made for `wanted`, would have it.
bool HasLanded(const api::Value& patch, const api::DiagnosisStatus& wanted,
               const api::DiagnosisStatus& current);

}  // namespace kubediag::kube
