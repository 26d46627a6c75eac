#include "engine/kube/known_object.h"

#include <algorithm>
#include <utility>

#include "engine/api/decode.h"
#include "engine/api/value.h"
#include "engine/core/limits.h"
#include "engine/core/utf8.h"

namespace kubediag::kube {
namespace {

std::string FirstProblem(const std::vector<api::Diagnostic>& diagnostics) {
  const auto error = std::find_if(
      diagnostics.begin(), diagnostics.end(),
      [](const api::Diagnostic& found) { return found.severity == api::Severity::kError; });
  const auto first = error == diagnostics.end() ? diagnostics.begin() : error;
  if (first == diagnostics.end()) return "not one object";
  std::string text = first->field.empty() ? first->message : first->field + ": " + first->message;
  return Shorten(text, kMaxServerMessageBytes);
}

}  // namespace

ReadObject ReadKnownObject(api::Value document) {
  api::Decoded decoded = api::DecodeDocument(std::move(document), "");
  if (decoded.objects.size() != 1) return {nullptr, FirstProblem(decoded.diagnostics)};
  api::DecodedObject& only = decoded.objects[0];
  const api::ObjectMeta& metadata = api::MetadataOf(only.object);
  if (metadata.name.empty()) return {nullptr, "metadata.name: is missing"};
  if (metadata.uid.empty()) return {nullptr, "metadata.uid: is missing"};
  std::string problem = only.valid ? "" : FirstProblem(decoded.diagnostics);
  return {std::make_shared<KnownObject>(KnownObject{std::move(only.object), std::move(problem)}),
          ""};
}

}  // namespace kubediag::kube
