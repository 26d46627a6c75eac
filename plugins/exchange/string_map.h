// A JSON object of strings: what KubeDiag's processors take and answer. Pure functions.
#pragma once

#include <kubediag/job.h>

#include <map>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag::exchange {

using StringMap = std::map<std::string, std::string>;

// `values` as a JSON object; bytes that are not UTF-8 become U+FFFD.
std::string EncodeStringMap(const Values& values);

// A JSON object whose values are all strings; null is the empty map (KubeDiag 0.2 took it as such).
// InvalidArgument says what else it is and where. Never recurses: nesting is refused when it
// starts.
Result<StringMap> DecodeStringMap(std::string_view json);

}  // namespace kubediag::exchange
