// How YAML 1.1 as Kubernetes reads it types a plain (unquoted) scalar. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/api/value.h"

namespace kubediag::api {

// "" and "~" are null, "yes" and "off" booleans, "0x1F", "1_000" and "1e3" numbers, "10.0.2.15" and
// times strings. Never a list or a map.
Value::Kind ResolvePlainScalar(std::string_view text);

// The value of what ResolvePlainScalar calls an integer; nullopt if it does not fit.
std::optional<int64_t> ParseYamlInteger(std::string_view text);

// Whether some YAML 1.1 or 1.2 reader takes the plain scalar for something other than a string.
bool IsAmbiguous(std::string_view text);

}  // namespace kubediag::api
