// Secrets: the engine reads them for an operation, under its own rule, and hands over bytes.
//
// References come from spec.parameters only: a result or a patched status cannot swap them.
// Thread-safe as the store is.
#pragma once

#include <string>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"
#include "engine/operation/descriptor.h"
#include "engine/operation/job.h"
#include "engine/store/store.h"

namespace kubediag::diagnosis {

inline constexpr char kAllowDiagnosesLabel[] = "diagnosis.kubediag.org/allow-diagnoses";

enum class SecretRule {
  kOwnNamespaceOrLabel,  // of the Diagnosis' namespace, or labelled with kAllowDiagnosesLabel
  kCheckedByAdmission,   // the API server has checked that the author may read it
};

// The Secret that `spec_parameters` name for `secret`; empty name: none is wanted.
struct SecretReference {
  std::string namespace_name;
  std::string name;
};
// InvalidArgument "InvalidParameter" if the names cannot be those of a Secret.
Result<SecretReference> ReferenceOf(const operation::SecretDescriptor& secret,
                                    const operation::OperationDescriptor& descriptor,
                                    const api::Diagnosis& diagnosis);

// InvalidArgument "MissingParameter": the Diagnosis names no Secret, though the URL that the
// declaration points to is https in `parameters` or by its default.
Status CheckNamed(const operation::SecretDescriptor& secret,
                  const operation::OperationDescriptor& descriptor, const api::Diagnosis& diagnosis,
                  const api::StringMap& parameters);
// All Secrets of the operation, in declared order.
Status CheckAllNamed(const operation::OperationDescriptor& descriptor,
                     const api::Diagnosis& diagnosis, const api::StringMap& parameters);

using Secrets = std::vector<operation::SecretValue>;

// Errors: NotFound "SecretNotFound", PermissionDenied "SecretNotPermitted", FailedPrecondition
// "SecretIncomplete"; otherwise the store's.
Result<Secrets> ReadSecrets(const operation::OperationDescriptor& descriptor,
                            const api::Diagnosis& diagnosis, SecretRule rule, store::Store& store);

}  // namespace kubediag::diagnosis
