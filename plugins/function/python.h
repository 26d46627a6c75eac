// The Python side of a function's run.
#pragma once

#include <span>
#include <string>

#include "engine/core/result.h"

namespace kubediag::function_runner {

// Descriptors of the interpreter.
inline constexpr int kSourceDescriptor = 3;  // folder with the sources
inline constexpr int kResultDescriptor = 4;  // where our main writes what came of it

// Our main, run with `python3 -I -B -c`. Reads the context (a JSON object) from standard input and
// writes "R" and a JSON object, or "E", a reason, a line end and a message.
extern const char kPythonMain[];

// Where python3 is looked for.
std::span<const char* const> PythonCandidates();

// The first candidate that can be executed. FailedPrecondition, reason PythonMissing.
Result<std::string> FindPython(std::span<const char* const> candidates);

}  // namespace kubediag::function_runner
