// What the kind of a declared parameter allows: for defaults when a module is read, and for the
// values a Diagnosis gives. Pure functions, thread-safe.
#pragma once

#include <string>

#include "engine/operation/descriptor.h"

namespace kubediag::operation {

// Whether `value` is written as the parameter's kind demands.
bool IsOfKind(const ParameterDescriptor& parameter, const std::string& value);

}  // namespace kubediag::operation
