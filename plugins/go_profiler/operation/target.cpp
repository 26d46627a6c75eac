#include "plugins/go_profiler/operation/target.h"

#include <algorithm>

#include "plugins/go_profiler/operation/keys.h"
#include "plugins/go_profiler/operation/limits.h"

namespace kubediag::go_profiler {
namespace {

Failure Missing(const char* sentence) {
  return {kReasonMissingParameter, sentence, KUBEDIAG_INVALID_ARGUMENT};
}

Failure Invalid(const std::string& sentence) {
  return {kReasonInvalidParameter, sentence, KUBEDIAG_INVALID_ARGUMENT};
}

std::chrono::seconds ReadExpiration(const Values& parameters) {
  const int64_t given = parameters.Integer(kExpirationKey, kDefaultExpirationSeconds);
  return std::chrono::seconds(given > 0 ? given : kDefaultExpirationSeconds);
}

std::optional<std::chrono::seconds> ReadSeconds(const Values& parameters, const ProfileType& type) {
  if (!parameters.Has(kSecondsKey)) {
    if (type.records_over_time) return std::chrono::seconds(kDefaultCpuSeconds);
    return std::nullopt;
  }
  return std::chrono::seconds(parameters.Integer(kSecondsKey));
}

// What could not be waited for is better refused than cut off at its end.
void CheckTime(const Job& job, const Target& target) {
  const auto deadline = job.deadline();
  if (!deadline || !target.seconds) return;
  const auto left = *deadline - std::chrono::steady_clock::now();
  if (left >= *target.seconds + kMinDownloadTime) return;
  throw Invalid("a recording of " + std::to_string(target.seconds->count()) +
                " s does not fit into the " +
                std::to_string(std::chrono::ceil<std::chrono::seconds>(left).count()) +
                " s that the operation has left: raise its timeoutSeconds or lower " + kSecondsKey);
}

}  // namespace

std::string Target::Url() const {
  std::string url = source + "/debug/pprof/";
  url.append(type->path);
  if (seconds) url += "?seconds=" + std::to_string(seconds->count());
  return url;
}

std::string Target::FileName() const {
  const std::string end = "." + std::string(type->name) + ".prof";
  const std::string begin = diagnosis_namespace + "." + diagnosis_name;
  return begin.substr(0, kMaxFileNameBytes - end.size()) + end;
}

Target ReadTarget(const Job& job) {
  const Values& parameters = job.parameters();
  Target target;
  target.expiration = ReadExpiration(parameters);
  target.type = FindProfileType(parameters.Text(kTypeKey, ""));
  if (target.type == nullptr) throw Invalid(kTypeViolation);
  target.source = parameters.Text(kSourceKey, "");
  while (target.source.ends_with('/')) target.source.pop_back();
  if (target.source.empty()) throw Missing(kSourceViolation);
  std::string scheme = target.source.substr(0, target.source.find(':'));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  target.https = scheme == "https";
  // The engine looks at the Diagnosis alone: an earlier result may have emptied the name since.
  if (target.https && parameters.Text(kSecretNameKey, "").empty()) throw Missing(kSecretViolation);
  target.seconds = ReadSeconds(parameters, *target.type);
  target.diagnosis_namespace = parameters.Text("diagnosis.namespace", "");
  target.diagnosis_name = parameters.Text("diagnosis.name", "");
  target.node = parameters.Text("node", "");
  CheckTime(job, target);
  return target;
}

}  // namespace kubediag::go_profiler
