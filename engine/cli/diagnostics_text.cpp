#include "engine/cli/diagnostics_text.h"

#include <algorithm>
#include <vector>

#include "engine/cli/text.h"

namespace kubediag::cli {
namespace {

std::string PlaceOf(const api::Diagnostic& diagnostic) {
  std::string place = Printable(diagnostic.file);
  if (diagnostic.line > 0) place += ":" + std::to_string(diagnostic.line);
  if (diagnostic.line > 0 && diagnostic.column > 0)
    place += ":" + std::to_string(diagnostic.column);
  return place + ":";
}

}  // namespace

std::string DiagnosticsText(std::span<const api::Diagnostic> diagnostics,
                            const Terminal& terminal) {
  constexpr size_t kSeverityWidth = 7;
  std::vector<std::string> places;
  size_t width = 0;
  for (const api::Diagnostic& diagnostic : diagnostics) {
    places.push_back(PlaceOf(diagnostic));
    width = std::max(width, DisplayWidth(places.back()));
  }
  std::string text;
  for (size_t i = 0; i < diagnostics.size(); ++i) {
    const api::Diagnostic& diagnostic = diagnostics[i];
    const bool error = diagnostic.severity == api::Severity::kError;
    text += PadRight(places[i], width) + " " +
            terminal.Paint(PadRight(api::SeverityName(diagnostic.severity), kSeverityWidth),
                           error ? Colour::kRed : Colour::kYellow) +
            "  " + Printable(diagnostic.Text()) + "\n";
  }
  return text;
}

std::string DiagnosticCounts(std::span<const api::Diagnostic> diagnostics, size_t unreadable) {
  const auto errors =
      std::count_if(diagnostics.begin(), diagnostics.end(),
                    [](const api::Diagnostic& d) { return d.severity == api::Severity::kError; });
  return Counted(static_cast<size_t>(errors) + unreadable, "error") + ", " +
         Counted(diagnostics.size() - static_cast<size_t>(errors), "warning");
}

}  // namespace kubediag::cli
