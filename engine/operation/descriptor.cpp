#include "engine/operation/descriptor.h"

#include <kubediag/abi.h>

namespace kubediag::operation {

bool OperationDescriptor::repeatable() const {
  return (features() & KUBEDIAG_FEATURE_REPEATABLE) != 0;
}

bool OperationDescriptor::serves_http() const {
  return (features() & KUBEDIAG_FEATURE_SERVES_HTTP) != 0;
}

bool OperationDescriptor::open_parameters() const {
  return (features() & KUBEDIAG_FEATURE_OPEN_PARAMETERS) != 0;
}

}  // namespace kubediag::operation
