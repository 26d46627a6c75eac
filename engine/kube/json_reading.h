// Reading JSON of the API server by hand, where there is no codec for it: small things of which a
// field or two matter. Pure functions; what is absent or of another type reads as empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/api/value.h"
#include "engine/core/result.h"

namespace kubediag::kube {

// Exactly one JSON document, a map, at most kMaxManifestDepth deep. DataLoss says what is wrong.
Result<api::Value> ParseJsonMap(std::string_view json);

// nullptr unless it is a map (a list).
const api::Value* MapAt(const api::Value& map, std::string_view name);
const api::Value* ListAt(const api::Value& map, std::string_view name);
std::string TextAt(const api::Value& map, std::string_view name);
std::optional<int64_t> IntegerAt(const api::Value& map, std::string_view name);

// Takes a value out of its map, which keeps a null in its place.
std::optional<api::Value> TakeAt(api::Value& map, std::string_view name);

}  // namespace kubediag::kube
