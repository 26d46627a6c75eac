// Diagnostics as people read them: one line each, in columns.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/api/diagnostic.h"
#include "engine/cli/terminal.h"

namespace kubediag::cli {

// "set.yaml:9:5:  error    OperationSet go-profiler: …\n…".
std::string DiagnosticsText(std::span<const api::Diagnostic> diagnostics, const Terminal& terminal);

// "1 error, 2 warnings"; each of the `unreadable` files is an error too.
std::string DiagnosticCounts(std::span<const api::Diagnostic> diagnostics, size_t unreadable);

}  // namespace kubediag::cli
