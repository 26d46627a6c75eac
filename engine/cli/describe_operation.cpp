#include "engine/cli/describe_operation.h"

#include <kubediag/abi.h>

#include <array>
#include <cstdio>
#include <utility>

#include "engine/cli/text.h"
#include "engine/core/limits.h"
#include "engine/operation/parameter_kind.h"

namespace kubediag::cli {
namespace {

using api::Value;

struct Feature {
  uint64_t bit;
  const char* name;
};

constexpr std::array<Feature, 6> kFeatures = {{
    {KUBEDIAG_FEATURE_REPEATABLE, "repeatable"},
    {KUBEDIAG_FEATURE_NETWORK, "network"},
    {KUBEDIAG_FEATURE_SERVES_HTTP, "serves-http"},
    {KUBEDIAG_FEATURE_HOST_PID, "host-pid"},
    {KUBEDIAG_FEATURE_SPAWNS, "spawns"},
    {KUBEDIAG_FEATURE_OPEN_PARAMETERS, "open-parameters"},
}};
static_assert(KUBEDIAG_FEATURES_KNOWN == (UINT64_C(1) << kFeatures.size()) - 1,
              "every feature has a name");

const char* KindName(operation::ParameterKind kind) {
  switch (kind) {
    case operation::ParameterKind::kString:
      return "string";
    case operation::ParameterKind::kInteger:
      return "integer";
    case operation::ParameterKind::kBoolean:
      return "boolean";
    case operation::ParameterKind::kChoice:
      return "choice";
    case operation::ParameterKind::kUrl:
      return "url";
  }
  return "unknown";
}

std::string Join(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::chrono::nanoseconds TimeoutOf(const operation::OperationDescriptor& descriptor) {
  return descriptor.default_timeout.count() > 0
             ? descriptor.default_timeout
             : std::chrono::nanoseconds(kDefaultOperationTimeout);
}

std::string Line(const char* name, const std::string& value) {
  constexpr size_t kNameWidth = 12;
  return PadRight(std::string(name) + ":", kNameWidth) + Printable(value) + "\n";
}

std::string Below(const std::string& text) {
  return text.empty() ? std::string() : "      " + Printable(text) + "\n";
}

// "1-3600"; where a minus sign would stand beside the dash, and with one bound, in words.
std::string BriefRange(const operation::ParameterDescriptor& parameter) {
  if (!parameter.minimum || !parameter.maximum || *parameter.minimum < 0) {
    return operation::RangeText(parameter);
  }
  return std::to_string(*parameter.minimum) + "-" + std::to_string(*parameter.maximum);
}

std::string KindText(const operation::ParameterDescriptor& parameter) {
  if (parameter.kind == operation::ParameterKind::kChoice) return Join(parameter.choices, "|");
  if (parameter.base_url) return "base url";
  const std::string range = BriefRange(parameter);
  return KindName(parameter.kind) + (range.empty() ? "" : ", " + range);
}

// A key of KubeDiag's is as long as a line: what is said of it stands below.
std::string ParameterText(const operation::ParameterDescriptor& parameter) {
  std::string text = "  " + Printable(parameter.key) + "  (" + Printable(KindText(parameter));
  if (parameter.required) text += ", required";
  if (parameter.from_results) text += ", from results";
  if (parameter.default_value) text += ", default " + Printable(*parameter.default_value);
  return text + ")\n" + Below(parameter.doc);
}

std::string SecretText(const operation::SecretDescriptor& secret) {
  return "  " + Printable(secret.name_parameter) + "\n" +
         Below("in the namespace of " + secret.namespace_parameter) +
         Below("needs " + Join(secret.data_keys, ", ")) +
         Below(secret.https_parameter.empty()
                   ? std::string()
                   : "required when " + secret.https_parameter + " is https");
}

Value ListOf(const std::vector<std::string>& words) {
  Value list = Value::List();
  for (const std::string& word : words) list.items.push_back(Value::String(word));
  return list;
}

Value ParameterValue(const operation::ParameterDescriptor& parameter) {
  Value value = Value::Map();
  value.Set("key", Value::String(parameter.key));
  value.Set("kind", Value::String(KindName(parameter.kind)));
  value.Set("required", Value::Boolean(parameter.required));
  value.Set("fromResults", Value::Boolean(parameter.from_results));
  if (parameter.default_value) value.Set("default", Value::String(*parameter.default_value));
  if (!parameter.choices.empty()) value.Set("choices", ListOf(parameter.choices));
  if (parameter.minimum) value.Set("minimum", Value::Integer(*parameter.minimum));
  if (parameter.maximum) value.Set("maximum", Value::Integer(*parameter.maximum));
  if (parameter.base_url) value.Set("baseUrl", Value::Boolean(true));
  value.Set("doc", Value::String(parameter.doc));
  return value;
}

Value SecretValue(const operation::SecretDescriptor& secret) {
  Value value = Value::Map();
  value.Set("namespaceParameter", Value::String(secret.namespace_parameter));
  value.Set("nameParameter", Value::String(secret.name_parameter));
  value.Set("dataKeys", ListOf(secret.data_keys));
  if (!secret.https_parameter.empty()) {
    value.Set("httpsParameter", Value::String(secret.https_parameter));
  }
  return value;
}

}  // namespace

std::vector<std::string> FeatureNames(const operation::OperationDescriptor& descriptor) {
  std::vector<std::string> names;
  uint64_t rest = descriptor.features();
  for (const Feature& feature : kFeatures) {
    if ((rest & feature.bit) != 0) names.emplace_back(feature.name);
    rest &= ~feature.bit;
  }
  if (rest != 0) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(rest));
    names.emplace_back(text.data());
  }
  return names;
}

std::string OperationText(const catalog::Entry& entry) {
  const operation::OperationDescriptor& descriptor = entry.descriptor;
  const std::vector<std::string> features = FeatureNames(descriptor);
  std::string text = Line("Name", descriptor.name) + Line("Version", descriptor.version) +
                     Line("About", descriptor.doc) + Line("File", entry.file) +
                     Line("SHA-256", entry.sha256) +
                     Line("Features", features.empty() ? "<none>" : Join(features, ", ")) +
                     Line("Timeout", FormatDuration(TimeoutOf(descriptor)));
  if (!descriptor.artifact_folder.empty()) text += Line("Artifacts", descriptor.artifact_folder);
  if (descriptor.parameters.empty()) {
    text += Line("Parameters", "<none>");
  } else {
    text += "Parameters:\n";
    for (const auto& parameter : descriptor.parameters) text += ParameterText(parameter);
  }
  if (!descriptor.secrets.empty()) text += "Secrets, by the parameter that names them:\n";
  for (const auto& secret : descriptor.secrets) text += SecretText(secret);
  return text;
}

Value OperationValue(const catalog::Entry& entry) {
  const operation::OperationDescriptor& descriptor = entry.descriptor;
  Value value = Value::Map();
  value.Set("name", Value::String(descriptor.name));
  value.Set("version", Value::String(descriptor.version));
  value.Set("doc", Value::String(descriptor.doc));
  value.Set("file", Value::String(entry.file));
  value.Set("sha256", Value::String(entry.sha256));
  value.Set("features", ListOf(FeatureNames(descriptor)));
  value.Set("timeoutSeconds",
            Value::Integer(
                std::chrono::duration_cast<std::chrono::seconds>(TimeoutOf(descriptor)).count()));
  if (!descriptor.artifact_folder.empty()) {
    value.Set("artifactFolder", Value::String(descriptor.artifact_folder));
  }
  Value parameters = Value::List();
  for (const auto& parameter : descriptor.parameters) {
    parameters.items.push_back(ParameterValue(parameter));
  }
  value.Set("parameters", std::move(parameters));
  Value secrets = Value::List();
  for (const auto& secret : descriptor.secrets) secrets.items.push_back(SecretValue(secret));
  value.Set("secrets", std::move(secrets));
  return value;
}

Value CatalogValue(const std::vector<catalog::Entry>& entries,
                   const std::vector<catalog::Refusal>& refusals) {
  Value operations = Value::List();
  for (const catalog::Entry& entry : entries) operations.items.push_back(OperationValue(entry));
  Value refused = Value::List();
  for (const catalog::Refusal& refusal : refusals) {
    Value value = Value::Map();
    value.Set("file", Value::String(refusal.file));
    value.Set("reason", Value::String(refusal.reason));
    value.Set("message", Value::String(refusal.message));
    refused.items.push_back(std::move(value));
  }
  Value all = Value::Map();
  all.Set("operations", std::move(operations));
  all.Set("refused", std::move(refused));
  return all;
}

}  // namespace kubediag::cli
