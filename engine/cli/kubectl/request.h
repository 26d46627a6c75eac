// What `kubectl kubediag run` is asked for, and the Diagnosis that says the same. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"

namespace kubediag::cli {

struct DiagnosisRequest {
  std::string operation_set;
  std::string name;  // empty: made up
  std::string node;
  std::string pod;  // "[NAMESPACE/]NAME"
  std::string container;
  std::vector<std::string> parameters;  // "KEY=VALUE"
  std::optional<int64_t> timeout_seconds;
  // go-profiler's, in words shorter than its keys.
  std::string source;
  std::string type;
  std::string secret;  // "[NAMESPACE/]NAME"
  std::optional<int64_t> expiration;
  std::optional<int64_t> seconds;
};

// InvalidArgument names the option at fault. A made-up name is the set's and five random letters,
// which `random` (of at least ten bytes) decides; a namespace that is not given is the Diagnosis'.
Result<api::Diagnosis> MakeDiagnosis(const DiagnosisRequest& request,
                                     const std::string& namespace_name, const std::string& random);

// The set to run for `name`: the one whose only operation that is. NotFound names what may have
// been meant, FailedPrecondition the several there are.
Result<std::string> SetOfOperation(const std::string& name,
                                   const std::vector<api::OperationSet>& sets);

}  // namespace kubediag::cli
