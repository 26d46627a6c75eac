// WriteYaml and WriteJson: a Value as text, keys of maps sorted. Pure functions, thread-safe.
// Recursion is as deep as the value: for values of our own making.
#pragma once

#include <string>

#include "engine/api/encode.h"
#include "engine/api/value.h"

namespace kubediag::api {

// In kubectl's style: lists are not indented under their key, two spaces a level.
std::string WriteYaml(const Value& value);
std::string WriteJson(const Value& value, JsonLayout layout);

}  // namespace kubediag::api
