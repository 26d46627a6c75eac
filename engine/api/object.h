// Object: one API object of any kind this engine works with, and what all kinds have in common.
// Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/api/objects.h"

namespace kubediag::api {

using Object = std::variant<Operation, OperationSet, Diagnosis, Secret>;

inline constexpr char kDefaultNamespace[] = "default";

// "Operation", "OperationSet", "Diagnosis", "Secret".
std::string_view KindOf(const Object& object);
// "diagnosis.kubediag.org/v1", or "v1" for a Secret.
std::string_view ApiVersionOf(const Object& object);
const ObjectMeta& MetadataOf(const Object& object);
ObjectMeta& MetadataOf(Object& object);
// "OperationSet go-profiler", "Diagnosis default/go-profiler": how messages name an object.
std::string DisplayName(const Object& object);

// "", "Pending", "Running", "Succeeded", "Failed", "Unknown".
std::string_view PhaseName(Phase phase);
std::optional<Phase> ParsePhase(std::string_view name);

// "FirstPath", "AllPaths".
std::string_view StrategyName(Strategy strategy);

}  // namespace kubediag::api
