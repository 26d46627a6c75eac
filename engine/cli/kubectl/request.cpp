#include "engine/cli/kubectl/request.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/api/names.h"
#include "engine/cli/kubectl/keys.h"
#include "engine/core/limits.h"
#include "engine/core/nearest_names.h"

namespace kubediag::cli {
namespace {

constexpr size_t kRandomLetters = 5;

struct Reference {
  std::string namespace_name;
  std::string name;
};

Result<Reference> ParseReference(const char* option, const std::string& text,
                                 const std::string& usual_namespace) {
  const size_t slash = text.find('/');
  const Reference reference = slash == std::string::npos
                                  ? Reference{usual_namespace, text}
                                  : Reference{text.substr(0, slash), text.substr(slash + 1)};
  if (api::IsDnsLabel(reference.namespace_name) && api::IsDnsSubdomain(reference.name)) {
    return reference;
  }
  return Status::InvalidArgument(std::string(option) + ": " + text + " is no [NAMESPACE/]NAME");
}

// No vowels and nothing that looks like another letter, as Kubernetes makes names up.
std::string RandomName(const std::string& set, const std::string& random) {
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::string name = set.substr(0, kMaxObjectNameBytes - kRandomLetters - 1);
  while (name.ends_with('.') || name.ends_with('-')) name.pop_back();
  name.push_back('-');
  for (size_t i = 0; i < kRandomLetters; ++i) {
    const size_t two = 31U * static_cast<unsigned char>(random.at(2 * i)) +
                       static_cast<unsigned char>(random.at(2 * i + 1));
    name.push_back(kLetters[two % kLetters.size()]);
  }
  return name;
}

// "heap" and "HEAP" are Heap: go-profiler's types are words with one capital.
std::string TypeName(std::string text) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::transform(text.begin(), text.end(), text.begin(), lower);
  if (!text.empty()) text.front() = upper(text.front());
  return text;
}

class Parameters {
 public:
  void Set(const char* option, const char* key, std::string value) {
    if (value.empty()) return;
    Add(option, key, std::move(value));
  }
  void Set(const char* option, const char* key, const std::optional<int64_t>& value) {
    if (value) Add(option, key, std::to_string(*value));
  }
  void Add(const std::string& option, const std::string& key, std::string value) {
    const bool is_new = map_.emplace(key, std::move(value)).second;
    if (!is_new && status_.ok()) {
      status_ = Status::InvalidArgument(option + ": " + key + " is given already");
    }
  }
  bool Has(const char* key) const { return map_.contains(key); }

  Result<api::StringMap> Take() && {
    if (!status_.ok()) return status_;
    return std::move(map_);
  }

 private:
  api::StringMap map_;
  Status status_;
};

Result<api::StringMap> MakeParameters(const DiagnosisRequest& request,
                                      const std::string& namespace_name) {
  Parameters parameters;
  for (const std::string& text : request.parameters) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Status::InvalidArgument("--param: " + text + " is no KEY=VALUE");
    }
    parameters.Add("--param", text.substr(0, equals), text.substr(equals + 1));
  }
  parameters.Set("--source", kProfileSourceKey, request.source);
  parameters.Set("--type", kProfileTypeKey, TypeName(request.type));
  if (!request.source.empty() && !parameters.Has(kProfileTypeKey)) {
    parameters.Set("--type", kProfileTypeKey, "Heap");
  }
  parameters.Set("--expiration", kProfileExpirationKey, request.expiration);
  parameters.Set("--seconds", kProfileSecondsKey, request.seconds);
  if (!request.secret.empty()) {
    KUBEDIAG_ASSIGN_OR_RETURN(const Reference secret,
                              ParseReference("--secret", request.secret, namespace_name));
    parameters.Set("--secret", kProfileSecretNamespaceKey, secret.namespace_name);
    parameters.Set("--secret", kProfileSecretNameKey, secret.name);
  }
  return std::move(parameters).Take();
}

Status CheckPlace(const DiagnosisRequest& request) {
  if (request.node.empty() && request.pod.empty()) {
    return Status::InvalidArgument("say where: --node NAME, or --pod [NAMESPACE/]NAME");
  }
  if (!request.container.empty() && request.pod.empty()) {
    return Status::InvalidArgument("--container: it needs --pod");
  }
  return Status::Ok();
}

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Result<api::Diagnosis> MakeDiagnosis(const DiagnosisRequest& request,
                                     const std::string& namespace_name, const std::string& random) {
  KUBEDIAG_RETURN_IF_ERROR(CheckPlace(request));
  api::Diagnosis diagnosis;
  diagnosis.metadata.name =
      request.name.empty() ? RandomName(request.operation_set, random) : request.name;
  diagnosis.metadata.namespace_name = namespace_name;
  diagnosis.spec.operation_set = request.operation_set;
  diagnosis.spec.node_name = request.node;
  diagnosis.spec.timeout_seconds = request.timeout_seconds;
  if (!request.pod.empty()) {
    KUBEDIAG_ASSIGN_OR_RETURN(const Reference pod,
                              ParseReference("--pod", request.pod, namespace_name));
    diagnosis.spec.pod_reference = {pod.namespace_name, pod.name, request.container};
  }
  KUBEDIAG_ASSIGN_OR_RETURN(diagnosis.spec.parameters, MakeParameters(request, namespace_name));
  return diagnosis;
}

Result<std::string> SetOfOperation(const std::string& name,
                                   const std::vector<api::OperationSet>& sets) {
  std::vector<std::string> all;
  std::vector<std::string> only;
  for (const api::OperationSet& set : sets) {
    all.push_back(set.metadata.name);
    const bool runs_just_that =
        set.adjacency_list.size() == 2 && set.adjacency_list.back().operation == name;
    if (runs_just_that) only.push_back(set.metadata.name);
  }
  if (only.size() == 1) return only.front();
  if (only.size() > 1) {
    return Status::FailedPrecondition("several OperationSets run operation " + name +
                                      ", choose one: " + Listed(only));
  }
  const std::vector<std::string> nearest = NearestNames(name, all);
  return Status::NotFound("there is no OperationSet " + name +
                          ", nor one that runs just that operation" +
                          (nearest.empty() ? "; kubectl get operationsets lists those there are"
                                           : "; did you mean " + Listed(nearest) + "?"));
}

}  // namespace kubediag::cli
