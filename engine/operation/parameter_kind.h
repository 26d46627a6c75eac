// What the declaration of a parameter allows: for defaults when a module is read, and for the
// values a Diagnosis gives. Pure functions, thread-safe.
#pragma once

#include <string>

#include "engine/operation/descriptor.h"

namespace kubediag::operation {

enum class Fit {
  kFits,
  kWrongKind,   // not written as the kind demands
  kTooWide,     // an integer that 64 bits do not hold, in a direction that has no bound
  kOutOfRange,  // an integer beyond the declared minimum or maximum
  kBadPort,     // a URL but for its port, which is not from 1 to 65535
  kNotABase,    // a URL with a query or a fragment, where a base URL is wanted
};
Fit FitOf(const ParameterDescriptor& parameter, const std::string& value);

// The range of an integer for people: "from 1 to 3600", "at least 1", "at most 3600"; empty: none.
std::string RangeText(const ParameterDescriptor& parameter);

}  // namespace kubediag::operation
