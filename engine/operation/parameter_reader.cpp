#include "engine/operation/parameter_reader.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "engine/core/limits.h"
#include "engine/operation/module_reader.h"
#include "engine/operation/parameter_kind.h"
#include "engine/operation/table_checks.h"
#include "engine/operation/text.h"

namespace kubediag::operation {
namespace {

// Sizes as of version 1.0: the least any module can have been compiled with.
constexpr size_t kParameterSize =
    offsetof(kubediag_parameter, choice_count) + sizeof(kubediag_parameter::choice_count);
constexpr size_t kSecretSize =
    offsetof(kubediag_secret, data_key_count) + sizeof(kubediag_secret::data_key_count);
constexpr std::string_view kSecretSuffix = "secret_reference.name";

Result<std::vector<std::string>> ReadTexts(const kubediag_string* texts, size_t count,
                                           const std::string& where) {
  KUBEDIAG_RETURN_IF_ERROR(CheckList(texts, count, kMaxChoices, where));
  std::vector<std::string> copies;
  for (size_t i = 0; i < count; ++i) {
    KUBEDIAG_ASSIGN_OR_RETURN(
        std::string text, ReadText(texts[i], kMaxDocBytes, where + "[" + std::to_string(i) + "]"));
    copies.push_back(std::move(text));
  }
  return copies;
}

// A bound that was announced but not given would be read as 0.
Result<std::optional<int64_t>> ReadBound(const kubediag_parameter& parameter, uint32_t flag,
                                         size_t offset, const char* name,
                                         const std::string& where) {
  if ((parameter.flags & flag) == 0) return std::optional<int64_t>();
  if (parameter.struct_size < offset + sizeof(int64_t)) {
    return Defect("BadParameter", where + " has a " + name + " by its flags, but its struct_size " +
                                      std::to_string(parameter.struct_size) + " holds none");
  }
  return std::optional<int64_t>(flag == KUBEDIAG_PARAMETER_HAS_MINIMUM ? parameter.minimum
                                                                       : parameter.maximum);
}

Status ReadRange(const kubediag_parameter& parameter, const std::string& where,
                 ParameterDescriptor& descriptor) {
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.minimum,
                            ReadBound(parameter, KUBEDIAG_PARAMETER_HAS_MINIMUM,
                                      offsetof(kubediag_parameter, minimum), "minimum", where));
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.maximum,
                            ReadBound(parameter, KUBEDIAG_PARAMETER_HAS_MAXIMUM,
                                      offsetof(kubediag_parameter, maximum), "maximum", where));
  if ((descriptor.minimum || descriptor.maximum) && descriptor.kind != ParameterKind::kInteger) {
    return Defect("BadParameter", where + ": a range belongs to the kind integer, and only there");
  }
  if (descriptor.minimum && descriptor.maximum && *descriptor.minimum > *descriptor.maximum) {
    return Defect("BadParameter", where + ": its minimum " + std::to_string(*descriptor.minimum) +
                                      " is above its maximum " +
                                      std::to_string(*descriptor.maximum));
  }
  descriptor.base_url = (parameter.flags & KUBEDIAG_PARAMETER_BASE_URL) != 0;
  if (descriptor.base_url && descriptor.kind != ParameterKind::kUrl) {
    return Defect("BadParameter", where + ": BASE_URL belongs to the kind url, and only there");
  }
  return {};
}

Status CheckDefault(const ParameterDescriptor& descriptor, const std::string& where) {
  const std::string its_default = where + ": its default ";
  switch (FitOf(descriptor, *descriptor.default_value)) {
    case Fit::kFits:
      return {};
    case Fit::kOutOfRange:
      return Defect("BadParameter", its_default + "must be " + RangeText(descriptor));
    case Fit::kNotABase:
      return Defect("BadParameter", its_default + "is no base URL");
    case Fit::kBadPort:
    case Fit::kTooWide:
    case Fit::kWrongKind:
      break;
  }
  return Defect("BadParameter", its_default + "is not of its kind");
}

Result<ParameterDescriptor> ReadParameter(const kubediag_parameter* borrowed,
                                          const std::string& operation,
                                          const std::string& position) {
  KUBEDIAG_RETURN_IF_ERROR(CheckTable(borrowed, kParameterSize, position));
  const kubediag_parameter parameter = Fitted(*borrowed);
  ParameterDescriptor descriptor;
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.key,
                            ReadText(parameter.key, kMaxDocBytes, position + ".key"));
  if (!IsKey(descriptor.key)) {
    return Defect("BadParameter", position + ".key: \"" + ToReadableText(descriptor.key, 80) +
                                      "\" is not 1-253 of [A-Za-z0-9._-]");
  }
  const std::string where = operation + ": parameter " + descriptor.key;
  if (parameter.kind < KUBEDIAG_KIND_STRING || parameter.kind > KUBEDIAG_KIND_URL) {
    return Defect("BadParameter", where + " has unknown kind " + std::to_string(parameter.kind));
  }
  descriptor.kind = static_cast<ParameterKind>(parameter.kind);
  descriptor.required = (parameter.flags & KUBEDIAG_PARAMETER_REQUIRED) != 0;
  descriptor.from_results = (parameter.flags & KUBEDIAG_PARAMETER_FROM_RESULTS) != 0;
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.doc, ReadText(parameter.doc, kMaxDocBytes, where + ".doc"));
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.violation,
                            ReadText(parameter.violation, kMaxDocBytes, where + ".violation"));
  KUBEDIAG_ASSIGN_OR_RETURN(
      descriptor.choices, ReadTexts(parameter.choices, parameter.choice_count, where + ".choices"));
  if ((descriptor.kind == ParameterKind::kChoice) == descriptor.choices.empty()) {
    return Defect("BadParameter", where + ": choices belong to the kind choice, and only there");
  }
  KUBEDIAG_RETURN_IF_ERROR(ReadRange(parameter, where, descriptor));
  if (parameter.default_value.data != nullptr) {
    KUBEDIAG_ASSIGN_OR_RETURN(
        descriptor.default_value,
        ReadText(parameter.default_value, kMaxDocBytes, where + ".default_value"));
    KUBEDIAG_RETURN_IF_ERROR(CheckDefault(descriptor, where));
  }
  return descriptor;
}

Status CheckHttpsParameter(const std::string& key,
                           const std::vector<ParameterDescriptor>& parameters,
                           const std::string& where) {
  if (key.empty()) return {};
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&key](const auto& parameter) { return parameter.key == key; });
  if (found != parameters.end() && found->kind == ParameterKind::kUrl) return {};
  return Defect("BadSecretKey", where + ".https_parameter: \"" + ToReadableText(key, 80) +
                                    "\" is " +
                                    (found == parameters.end() ? "no parameter of the operation"
                                                               : "a parameter, but no URL"));
}

Result<SecretDescriptor> ReadSecret(const kubediag_secret* borrowed,
                                    const std::vector<ParameterDescriptor>& parameters,
                                    const std::string& where) {
  KUBEDIAG_RETURN_IF_ERROR(CheckTable(borrowed, kSecretSize, where));
  const kubediag_secret secret = Fitted(*borrowed);
  SecretDescriptor descriptor;
  KUBEDIAG_ASSIGN_OR_RETURN(
      descriptor.namespace_parameter,
      ReadText(secret.namespace_parameter, kMaxDocBytes, where + ".namespace_parameter"));
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.name_parameter, ReadText(secret.name_parameter, kMaxDocBytes,
                                                                where + ".name_parameter"));
  if (!IsKey(descriptor.name_parameter) || !descriptor.name_parameter.ends_with(kSecretSuffix)) {
    return Defect("BadSecretKey", where + ".name_parameter: \"" +
                                      ToReadableText(descriptor.name_parameter, 80) +
                                      "\" does not end in " + std::string(kSecretSuffix));
  }
  if (!IsKey(descriptor.namespace_parameter)) {
    return Defect("BadSecretKey", where + ".namespace_parameter: \"" +
                                      ToReadableText(descriptor.namespace_parameter, 80) +
                                      "\" is not 1-253 of [A-Za-z0-9._-]");
  }
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.data_keys, ReadTexts(secret.data_keys, secret.data_key_count,
                                                            where + ".data_keys"));
  if (descriptor.data_keys.empty() ||
      !std::all_of(descriptor.data_keys.begin(), descriptor.data_keys.end(),
                   [](const std::string& key) { return IsKey(key); })) {
    return Defect("BadSecretKey", where + ".data_keys must name at least one data key of a Secret");
  }
  KUBEDIAG_ASSIGN_OR_RETURN(
      descriptor.https_parameter,
      ReadText(secret.https_parameter, kMaxDocBytes, where + ".https_parameter"));
  KUBEDIAG_ASSIGN_OR_RETURN(descriptor.violation,
                            ReadText(secret.violation, kMaxDocBytes, where + ".violation"));
  KUBEDIAG_RETURN_IF_ERROR(CheckHttpsParameter(descriptor.https_parameter, parameters, where));
  return descriptor;
}

}  // namespace

Result<std::vector<ParameterDescriptor>> ReadParameters(const kubediag_parameter* const* parameters,
                                                        size_t count, const std::string& where) {
  KUBEDIAG_RETURN_IF_ERROR(
      CheckList(parameters, count, kMaxDeclaredParameters, where + ": parameters"));
  std::vector<ParameterDescriptor> descriptors;
  std::set<std::string> keys;
  for (size_t i = 0; i < count; ++i) {
    KUBEDIAG_ASSIGN_OR_RETURN(
        ParameterDescriptor descriptor,
        ReadParameter(parameters[i], where, where + ": parameters[" + std::to_string(i) + "]"));
    if (!keys.insert(descriptor.key).second) {
      return Defect("DuplicateParameter",
                    where + ": parameter " + descriptor.key + " is declared twice");
    }
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

Result<std::vector<SecretDescriptor>> ReadSecrets(
    const kubediag_secret* const* secrets, size_t count,
    const std::vector<ParameterDescriptor>& parameters, const std::string& where) {
  KUBEDIAG_RETURN_IF_ERROR(CheckList(secrets, count, kMaxDeclaredSecrets, where + ": secrets"));
  std::vector<SecretDescriptor> descriptors;
  for (size_t i = 0; i < count; ++i) {
    KUBEDIAG_ASSIGN_OR_RETURN(
        SecretDescriptor descriptor,
        ReadSecret(secrets[i], parameters, where + ": secrets[" + std::to_string(i) + "]"));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

}  // namespace kubediag::operation
