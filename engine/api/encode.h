// Encode: objects as YAML and JSON, as `kubectl get -o yaml|json` shows them.
//
// Pure functions, thread-safe. Keys are sorted (so: apiVersion, kind, metadata, spec, status);
// empty optional fields are left out; times are RFC 3339. What is printed reads back (decode.h) as
// an equal object: strings that YAML would take for something else are quoted, those of several
// lines are literal blocks. Bytes that are not UTF-8 are replaced by U+FFFD.
#pragma once

#include <span>
#include <string>

#include "engine/api/object.h"

namespace kubediag::api {

enum class JsonLayout { kCompact, kIndented };  // one line without end of line; four spaces

std::string EncodeYaml(const Object& object);
std::string EncodeJson(const Object& object, JsonLayout layout = JsonLayout::kIndented);

// As a v1 List, also of none or one.
std::string EncodeYamlList(std::span<const Object> objects);
std::string EncodeJsonList(std::span<const Object> objects,
                           JsonLayout layout = JsonLayout::kIndented);

// The status alone, compact: what a merge patch carries, and what kMaxStatusBytes counts.
std::string EncodeStatusJson(const DiagnosisStatus& status);
std::string EncodeStatusJson(const OperationSetStatus& status);

}  // namespace kubediag::api
