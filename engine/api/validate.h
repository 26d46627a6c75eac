// Validate: the rules an object must keep beyond the types of its fields.
//
// Pure functions, thread-safe. Each returns everything wrong. The rules are those of KubeDiag's
// webhooks (exactly one processor; address, port, scheme and timeout of an httpServer; the known
// runtimes; an operationSet and a place to run for a Diagnosis) and ours (names, lengths). What
// KubeDiag accepted in 0.2.0 - 0.3.1 passes, at worst with a warning. The rules of the graph are
// graph::CheckAdjacencyList's.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/api/decode.h"
#include "engine/api/diagnostic.h"
#include "engine/api/object.h"

namespace kubediag::api {

// A broken rule of one object.
struct Problem {
  Severity severity = Severity::kError;
  std::string field;  // "spec.processor.httpServer.port"
  std::string message;
};

std::vector<Problem> Validate(const Operation& operation);
std::vector<Problem> Validate(const OperationSet& operation_set);
std::vector<Problem> Validate(const Diagnosis& diagnosis);
std::vector<Problem> Validate(const Secret& secret);
std::vector<Problem> Validate(const Object& object);

// All objects of all files together, with places in the files. Adds the rule that no object is
// given twice. Objects that are not valid any more are marked so.
std::vector<Diagnostic> ValidateAll(std::span<DecodedObject> objects);

}  // namespace kubediag::api
