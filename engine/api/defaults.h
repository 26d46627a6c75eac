// SetDefaults: what KubeDiag's mutating webhooks filled in. Pure functions on values.
#pragma once

#include "engine/api/objects.h"

namespace kubediag::api {

inline constexpr int32_t kKubeDiagOperationTimeoutSeconds = 30;

// httpServer: scheme "http", path "/". timeoutSeconds 30, except for a sharedObject, whose module
// declares its own default.
void SetDefaults(Operation& operation);
// The id of each node becomes its position, as KubeDiag 0.2 does.
void SetDefaults(OperationSet& operation_set);

}  // namespace kubediag::api
