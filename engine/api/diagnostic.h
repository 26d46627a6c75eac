// Diagnostic: one thing found wrong with an object a user wrote, with its place in the file.
// Plain values.
#pragma once

#include <span>
#include <string>

namespace kubediag::api {

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string file;     // as the user named it; empty if the bytes came from elsewhere
  int line = 0;         // from 1; 0 if unknown
  int column = 0;       // from 1, in bytes; 0 if unknown
  std::string object;   // "OperationSet go-profiler"; empty if not within a known object
  std::string field;    // "spec.adjacencyList[3].to[0]"; empty if it concerns the whole
  std::string message;  // "9 is not a position (the list has 5)"

  // "set.yaml:14:7: error: OperationSet go-profiler: spec.adjacencyList[3].to[0]: 9 is not …",
  // without the parts that are empty.
  std::string ToString() const;
  // The same without the severity and what stands before it.
  std::string Text() const;
};

// "error" or "warning".
const char* SeverityName(Severity severity);

bool HasErrors(std::span<const Diagnostic> diagnostics);

}  // namespace kubediag::api
