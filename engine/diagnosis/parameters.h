// The map an operation is given: spec.parameters, overlaid by results, overlaid by context keys
// (KubeDiag 0.2), and what its declaration says of it.
//
// Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"
#include "engine/diagnosis/results.h"
#include "engine/operation/descriptor.h"

namespace kubediag::diagnosis {

// diagnosis.namespace, diagnosis.name, diagnosis.uid, node and, with a podReference, pod.namespace,
// pod.name and container. `node_name` stands in for an empty spec.nodeName.
api::StringMap ContextKeys(const api::Diagnosis& diagnosis, const std::string& node_name);

api::StringMap BuildParameters(const api::StringMap& spec_parameters, const ResultMap& results,
                               const api::StringMap& context);

// Adds the declared defaults of absent keys.
void FillDefaults(const operation::OperationDescriptor& descriptor, api::StringMap& parameters);

// InvalidArgument "InvalidParameter": the value is not of the declared kind, or out of its range.
// The message is the declared sentence, if there is one: but for a URL, and for a number out of
// range.
Status CheckKind(const operation::ParameterDescriptor& parameter, const std::string& value);
// Every declared key that is in the map is of its kind and range; the first that is not, in
// declared order.
Status CheckKinds(const operation::OperationDescriptor& descriptor,
                  const api::StringMap& parameters);

// Required, without a default, and absent or empty in the map.
bool IsMissing(const operation::ParameterDescriptor& parameter, const api::StringMap& parameters);
Status MissingParameter(const operation::ParameterDescriptor& parameter);
// In declared order: the first key that is missing ("MissingParameter") or of the wrong kind.
Status CheckParameters(const operation::OperationDescriptor& descriptor,
                       const api::StringMap& parameters);

// Keys of `spec_parameters` that no operation reads, with the nearest declared names: sentences for
// a warning. None if one of the operations reads keys it does not declare.
struct UnknownParameter {
  std::string key;
  std::string message;
};
std::vector<UnknownParameter> UnknownParameters(
    const api::StringMap& spec_parameters,
    const std::vector<const operation::OperationDescriptor*>& operations);

}  // namespace kubediag::diagnosis
