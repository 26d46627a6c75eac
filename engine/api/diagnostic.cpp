#include "engine/api/diagnostic.h"

#include <algorithm>

namespace kubediag::api {

const char* SeverityName(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

std::string Diagnostic::Text() const {
  std::string text;
  if (!object.empty()) text += object + ": ";
  if (!field.empty()) text += field + ": ";
  return text + message;
}

std::string Diagnostic::ToString() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  if (!text.empty()) text += ": ";
  return text + SeverityName(severity) + ": " + Text();
}

bool HasErrors(std::span<const Diagnostic> diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& found) { return found.severity == Severity::kError; });
}

}  // namespace kubediag::api
