// The parameters and Secrets an operation declares, checked and copied.
#pragma once

#include <kubediag/abi.h>

#include <cstddef>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/operation/descriptor.h"

namespace kubediag::operation {

// NullEntry, ShortStruct, BadText, BadParameter, DuplicateParameter. `where` opens each message.
Result<std::vector<ParameterDescriptor>> ReadParameters(const kubediag_parameter* const* parameters,
                                                        size_t count, const std::string& where);

// NullEntry, ShortStruct, BadText, BadSecretKey. `parameters`: those of the same operation.
Result<std::vector<SecretDescriptor>> ReadSecrets(
    const kubediag_secret* const* secrets, size_t count,
    const std::vector<ParameterDescriptor>& parameters, const std::string& where);

}  // namespace kubediag::operation
