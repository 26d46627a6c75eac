#include "engine/diagnosis/secrets.h"

#include <string_view>
#include <utility>

#include "engine/api/names.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::diagnosis {
namespace {

constexpr std::string_view kNameParameterEnding = "secret_reference.name";
constexpr std::string_view kNameEnding = "name";
constexpr std::string_view kNamespaceEnding = "namespace";

Status CheckName(const std::string& key, const std::string& name) {
  if (api::IsDnsSubdomain(name)) return Status::Ok();
  return Status::InvalidArgument(key + ": \"" + name.substr(0, kMaxObjectNameBytes) +
                                 "\" is no name of a Kubernetes object")
      .WithReason(kReasonInvalidParameter);
}

std::string DefaultOf(const operation::OperationDescriptor& descriptor, const std::string& key) {
  for (const auto& parameter : descriptor.parameters) {
    if (parameter.key == key) return parameter.default_value.value_or("");
  }
  return {};
}

// Admission knows no descriptors: it takes the namespace from the key beside the name's, or else
// "default" (manifests/components/policies). A module that means another one would read unseen.
Status CheckAdmitted(const SecretReference& reference, const std::string& display,
                     const operation::SecretDescriptor& declared, const api::Diagnosis& diagnosis) {
  const std::string& name_key = declared.name_parameter;
  const std::string key =
      name_key.substr(0, name_key.size() - kNameEnding.size()) + std::string(kNamespaceEnding);
  const auto given = diagnosis.spec.parameters.find(key);
  const bool is_given = given != diagnosis.spec.parameters.end() && !given->second.empty();
  if (reference.namespace_name == (is_given ? given->second : "default")) return Status::Ok();
  return Status::PermissionDenied(display +
                                  " was not checked by admission: name its namespace in " + key)
      .WithReason(kReasonSecretNotPermitted);
}

bool MayRead(const api::Secret& secret, const api::Diagnosis& diagnosis, SecretRule rule) {
  if (rule == SecretRule::kCheckedByAdmission) return true;
  if (secret.metadata.namespace_name == diagnosis.metadata.namespace_name) return true;
  const auto label = secret.metadata.labels.find(kAllowDiagnosesLabel);
  return label != secret.metadata.labels.end() && label->second == "true";
}

Result<api::Secret> Read(const SecretReference& reference, const std::string& display,
                         const operation::SecretDescriptor& declared,
                         const api::Diagnosis& diagnosis, SecretRule rule, store::Store& store) {
  auto secret = store.GetSecret(reference.namespace_name, reference.name);
  if (!secret.ok()) {
    const Status& status = secret.status();
    if (status.code() == StatusCode::kNotFound) {
      return Status::NotFound(display + " does not exist (" + declared.name_parameter +
                              " names it)")
          .WithReason(kReasonSecretNotFound);
    }
    if (status.code() == StatusCode::kPermissionDenied) {
      return status.Annotate(display).WithReason(kReasonSecretNotPermitted);
    }
    return status.Annotate(display);
  }
  if (!MayRead(*secret, diagnosis, rule)) {
    return Status::PermissionDenied(display + " may not be used by a Diagnosis of namespace " +
                                    diagnosis.metadata.namespace_name +
                                    ": it is of another namespace and has no label " +
                                    kAllowDiagnosesLabel + ": \"true\"")
        .WithReason(kReasonSecretNotPermitted);
  }
  return secret;
}

}  // namespace

Result<SecretReference> ReferenceOf(const operation::SecretDescriptor& secret,
                                    const operation::OperationDescriptor& descriptor,
                                    const api::Diagnosis& diagnosis) {
  const auto given = [&diagnosis](const std::string& key) -> std::string {
    const auto found = diagnosis.spec.parameters.find(key);
    return found == diagnosis.spec.parameters.end() ? "" : found->second;
  };
  // A key that looks like any other would let a set's author make a Secret of it unseen.
  if (!secret.name_parameter.ends_with(kNameParameterEnding)) {
    return Status::FailedPrecondition("the operation declares the Secret parameter " +
                                      secret.name_parameter + ", which does not end in " +
                                      std::string(kNameParameterEnding))
        .WithReason(kReasonSecretNotPermitted);
  }
  SecretReference reference;
  reference.name = given(secret.name_parameter);
  if (reference.name.empty()) return reference;
  reference.namespace_name = given(secret.namespace_parameter);
  if (reference.namespace_name.empty()) {
    reference.namespace_name = DefaultOf(descriptor, secret.namespace_parameter);
  }
  if (reference.namespace_name.empty()) {
    reference.namespace_name = diagnosis.metadata.namespace_name;
  }
  KUBEDIAG_RETURN_IF_ERROR(CheckName(secret.name_parameter, reference.name));
  KUBEDIAG_RETURN_IF_ERROR(CheckName(secret.namespace_parameter, reference.namespace_name));
  return reference;
}

Status CheckNamed(const operation::SecretDescriptor& secret,
                  const operation::OperationDescriptor& descriptor, const api::Diagnosis& diagnosis,
                  const api::StringMap& parameters) {
  if (secret.https_parameter.empty()) return Status::Ok();
  const auto found = parameters.find(secret.https_parameter);
  const std::string url =
      found == parameters.end() ? DefaultOf(descriptor, secret.https_parameter) : found->second;
  if (!url.starts_with("https://")) return Status::Ok();
  const auto reference = ReferenceOf(secret, descriptor, diagnosis);
  if (!reference.ok() || !reference->name.empty()) return Status::Ok();  // the former is told later
  const std::string message = secret.violation.empty()
                                  ? secret.name_parameter + " must name a Secret, for " +
                                        secret.https_parameter + " is https"
                                  : secret.violation;
  return Status::InvalidArgument(message).WithReason(kReasonMissingParameter);
}

Status CheckAllNamed(const operation::OperationDescriptor& descriptor,
                     const api::Diagnosis& diagnosis, const api::StringMap& parameters) {
  for (const operation::SecretDescriptor& secret : descriptor.secrets) {
    KUBEDIAG_RETURN_IF_ERROR(CheckNamed(secret, descriptor, diagnosis, parameters));
  }
  return Status::Ok();
}

Result<std::vector<operation::SecretValue>> ReadSecrets(
    const operation::OperationDescriptor& descriptor, const api::Diagnosis& diagnosis,
    SecretRule rule, store::Store& store) {
  std::vector<operation::SecretValue> values;
  for (const operation::SecretDescriptor& declared : descriptor.secrets) {
    KUBEDIAG_ASSIGN_OR_RETURN(const SecretReference reference,
                              ReferenceOf(declared, descriptor, diagnosis));
    if (reference.name.empty()) continue;
    const std::string display = "Secret " + reference.namespace_name + "/" + reference.name;
    if (rule == SecretRule::kCheckedByAdmission) {
      KUBEDIAG_RETURN_IF_ERROR(CheckAdmitted(reference, display, declared, diagnosis));
    }
    KUBEDIAG_ASSIGN_OR_RETURN(const api::Secret secret,
                              Read(reference, display, declared, diagnosis, rule, store));
    for (const std::string& key : declared.data_keys) {
      const auto found = secret.data.find(key);
      if (found == secret.data.end() || found->second.empty()) {
        const std::string what =
            found == secret.data.end() ? " has no key " + key : "'s key " + key + " is empty";
        return Status::FailedPrecondition(
                   display + what +
                   ": it may not be filled yet; a token Secret is filled by the controller manager")
            .WithReason(kReasonSecretIncomplete);
      }
      values.push_back(
          {.name_parameter = declared.name_parameter, .data_key = key, .value = found->second});
    }
  }
  return values;
}

}  // namespace kubediag::diagnosis
