// What a module says of itself, checked and copied. The tables are foreign memory: everything in
// them is checked before it is used, except that a wild pointer cannot be told from a good one;
// that is why modules are read in a process of their own.
//
// Pure functions.
#pragma once

#include <kubediag/abi.h>

#include <algorithm>
#include <cstring>

#include "engine/core/result.h"
#include "engine/operation/descriptor.h"

namespace kubediag::operation {

// A table of our own size from one of another version: what it lacks is zero.
template <typename Table>
Table Fitted(const Table& table) {
  Table fitted{};
  std::memcpy(static_cast<void*>(&fitted), &table,
              std::min<size_t>(table.struct_size, sizeof(Table)));
  return fitted;
}

// FailedPrecondition with the first defect as its reason: ShortStruct, AbiMismatch, NullEntry,
// NoOperations, TooManyEntries, BadName, BadText, UnknownFeature, DuplicateOperation, HalfGroup,
// BadArtifactFolder, BadParameter, DuplicateParameter, BadSecretKey, or Declined for null.
Result<ModuleDescriptor> ReadModule(const kubediag_module* module);

}  // namespace kubediag::operation
