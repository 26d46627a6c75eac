#include "engine/api/validate.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "engine/api/names.h"
#include "engine/api/value.h"
#include "engine/core/limits.h"
#include "engine/core/nearest_names.h"

namespace kubediag::api {
namespace {

constexpr int32_t kMaxPort = 65535;
constexpr std::string_view kPlaceField = "spec.nodeName";

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

class Problems {
 public:
  void Error(std::string field, std::string message) {
    list_.push_back({Severity::kError, std::move(field), std::move(message)});
  }
  void Warn(std::string field, std::string message) {
    list_.push_back({Severity::kWarning, std::move(field), std::move(message)});
  }
  std::vector<Problem> Take() { return std::move(list_); }

 private:
  std::vector<Problem> list_;
};

void CheckName(const std::string& field, std::string_view name, Problems& problems) {
  if (name.empty() || IsDnsSubdomain(name)) return;
  problems.Error(field, Quoted(name) +
                            " is not a name: lower-case letters, digits, '-' and '.', beginning "
                            "and ending with a letter or digit, at most 253 bytes");
}

void CheckMetadata(const ObjectMeta& metadata, Problems& problems) {
  CheckName("metadata.name", metadata.name, problems);
  if (metadata.namespace_name.empty() || IsDnsLabel(metadata.namespace_name)) return;
  problems.Error("metadata.namespace",
                 Quoted(metadata.namespace_name) +
                     " is not a namespace: lower-case letters, digits and '-', at most 63 bytes");
}

void CheckHttpServer(const HttpServer& server, Problems& problems) {
  const std::string field = "spec.processor.httpServer.";
  if (server.address && !IsIpAddress(*server.address) && !IsDnsSubdomain(*server.address)) {
    problems.Error(field + "address",
                   Quoted(*server.address) + " is neither an IP address nor a DNS name");
  }
  if (server.port && (*server.port < 1 || *server.port > kMaxPort)) {
    problems.Error(field + "port", std::to_string(*server.port) + " is not a port (1 to 65535)");
  }
  if (server.scheme && *server.scheme != "http" && *server.scheme != "https") {
    problems.Error(field + "scheme", Quoted(*server.scheme) + " is neither http nor https");
  }
  if (server.path && !server.path->empty() && server.path->front() != '/') {
    problems.Warn(field + "path", Quoted(*server.path) + " does not begin with '/'");
  }
}

constexpr char kFunctionFile[] = "function.py";  // for python3, the only runtime

void CheckFunction(const Function& function, Problems& problems) {
  const std::string field = "spec.processor.function.";
  if (function.runtime == "golang-http") {
    problems.Error(field + "runtime", "golang-http was never released; write it for python3");
  } else if (function.runtime != "Python3" && function.runtime != "python3") {
    problems.Error(field + "runtime", Quoted(function.runtime) + " is not a runtime (python3 is)");
  } else if (!function.code_source.contains(kFunctionFile)) {
    problems.Error(field + "codeSource", "has no " + std::string(kFunctionFile) +
                                             ", whose handler(context) is what is run");
  }
  for (const auto& [name, content] : function.code_source) {
    if (IsDataKey(name)) continue;
    problems.Error("spec.processor.function.codeSource[" + name + "]",
                   "not a file name: letters, digits, '-', '_' and '.'");
  }
}

void CheckProcessor(const Processor& processor, Problems& problems) {
  const int count = static_cast<int>(processor.http_server.has_value()) +
                    static_cast<int>(processor.script_runner.has_value()) +
                    static_cast<int>(processor.function.has_value()) +
                    static_cast<int>(processor.shared_object.has_value());
  if (count != 1) {
    problems.Error("spec.processor", (count == 0 ? "has none" : "has " + std::to_string(count)) +
                                         " of httpServer, scriptRunner, function and "
                                         "sharedObject; exactly one is needed");
  }
  if (processor.http_server) CheckHttpServer(*processor.http_server, problems);
  if (processor.function) CheckFunction(*processor.function, problems);
  if (processor.script_runner && processor.script_runner->script.empty()) {
    problems.Warn("spec.processor.scriptRunner.script", "is empty");
  }
  if (processor.shared_object) {
    const std::string field = "spec.processor.sharedObject.operation";
    if (processor.shared_object->operation.empty()) problems.Error(field, "is missing");
    CheckName(field, processor.shared_object->operation, problems);
  }
  if (processor.timeout_seconds && *processor.timeout_seconds < 1) {
    problems.Error("spec.processor.timeoutSeconds",
                   std::to_string(*processor.timeout_seconds) + " is less than 1");
  }
}

void CheckParameters(const StringMap& parameters, Problems& problems) {
  if (parameters.size() > kMaxParameters) {
    problems.Error("spec.parameters", "has " + std::to_string(parameters.size()) +
                                          " entries, more than " + std::to_string(kMaxParameters));
  }
  for (const auto& [key, value] : parameters) {
    const std::string field = "spec.parameters[" + key + "]";
    if (key.empty()) problems.Error(field, "a key is empty");
    if (value.size() > kMaxParameterBytes) {
      problems.Error(field, std::to_string(value.size()) + " bytes, more than " +
                                std::to_string(kMaxParameterBytes));
    }
    if (IsContextKey(key)) {
      problems.Warn(field, "is overwritten: the engine sets this key itself");
    }
  }
}

std::string FullName(const Object& object) {
  return std::string(KindOf(object)) + '\n' + MetadataOf(object).namespace_name + '\n' +
         MetadataOf(object).name;
}

// Whether a place to run is given after all, though in a way that has drawn a finding already.
bool MeansAPlace(const DecodedObject& decoded) {
  if (decoded.HasErrorAt(kPlaceField) || decoded.HasErrorAt("spec.podReference")) return true;
  constexpr std::string_view kPlaces[] = {"nodeName", "podReference"};
  const Value* const spec = decoded.source->Find("spec");
  return spec != nullptr && std::any_of(spec->keys.begin(), spec->keys.end(), [&](const auto& key) {
           return !NearestName(key.name, kPlaces).empty();
         });
}

// The field as the file has it: entries of a Secret may have come from `stringData`.
std::string FieldInFile(const DecodedObject& decoded, std::string field) {
  constexpr std::string_view kEntry = "data[";
  if (!std::holds_alternative<Secret>(decoded.object) || !field.starts_with(kEntry)) return field;
  const Value* const string_data = decoded.source->Find("stringData");
  const std::string_view key(field.data() + kEntry.size(), field.size() - kEntry.size() - 1);
  const bool is_there = string_data != nullptr && string_data->Find(key) != nullptr;
  return is_there ? "stringD" + field.substr(1) : field;
}

}  // namespace

std::vector<Problem> Validate(const Operation& operation) {
  Problems problems;
  CheckMetadata(operation.metadata, problems);
  CheckProcessor(operation.processor, problems);
  return problems.Take();
}

std::vector<Problem> Validate(const OperationSet& operation_set) {
  Problems problems;
  CheckMetadata(operation_set.metadata, problems);
  const std::vector<Node>& nodes = operation_set.adjacency_list;
  if (!nodes.empty() && !nodes[0].dependences.empty()) {
    problems.Error("spec.adjacencyList[0].dependences", "the start node has no dependences");
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (IsDnsSubdomain(nodes[i].operation)) continue;
    CheckName("spec.adjacencyList[" + std::to_string(i) + "].operation", nodes[i].operation,
              problems);
  }
  return problems.Take();
}

std::vector<Problem> Validate(const Diagnosis& diagnosis) {
  Problems problems;
  CheckMetadata(diagnosis.metadata, problems);
  const DiagnosisSpec& spec = diagnosis.spec;
  if (spec.operation_set.empty()) problems.Error("spec.operationSet", "is missing");
  CheckName("spec.operationSet", spec.operation_set, problems);
  CheckName("spec.nodeName", spec.node_name, problems);
  if (spec.node_name.empty() && !spec.pod_reference) {
    problems.Warn(std::string(kPlaceField),
                  "neither nodeName nor podReference is given: good for this machine only, a "
                  "cluster refuses it");
  }
  if (spec.pod_reference) {
    if (spec.pod_reference->namespace_name.empty()) {
      problems.Error("spec.podReference.namespace", "is missing");
    }
    if (spec.pod_reference->name.empty()) problems.Error("spec.podReference.name", "is missing");
  }
  if (spec.timeout_seconds && *spec.timeout_seconds < 1) {
    problems.Error("spec.timeoutSeconds",
                   std::to_string(*spec.timeout_seconds) + " is less than 1");
  }
  CheckParameters(spec.parameters, problems);
  return problems.Take();
}

std::vector<Problem> Validate(const Secret& secret) {
  Problems problems;
  CheckMetadata(secret.metadata, problems);
  for (const auto& [key, bytes] : secret.data) {
    if (IsDataKey(key)) continue;
    problems.Error("data[" + key + "]", "not a key: letters, digits, '-', '_' and '.'");
  }
  return problems.Take();
}

std::vector<Problem> Validate(const Object& object) {
  return std::visit([](const auto& held) { return Validate(held); }, object);
}

std::vector<Diagnostic> ValidateAll(std::span<DecodedObject> objects) {
  std::vector<Diagnostic> found;
  std::map<std::string, Diagnostic> places;
  for (DecodedObject& decoded : objects) {
    std::vector<Diagnostic> own;
    for (Problem& problem : Validate(decoded.object)) {
      const bool is_place = problem.severity == Severity::kWarning && problem.field == kPlaceField;
      if (is_place && MeansAPlace(decoded)) continue;
      if (decoded.HasErrorAround(problem.field)) continue;
      const std::string field = FieldInFile(decoded, std::move(problem.field));
      own.push_back(decoded.Report(problem.severity, field, std::move(problem.message)));
    }
    const Diagnostic place = decoded.Report(Severity::kError, "metadata.name", "");
    const auto [first, is_new] = places.emplace(FullName(decoded.object), place);
    if (!is_new && !MetadataOf(decoded.object).name.empty()) {
      own.push_back(decoded.Report(Severity::kError, "metadata.name",
                                   "is given twice, first at " + first->second.file + ":" +
                                       std::to_string(first->second.line)));
    }
    if (HasErrors(own)) decoded.valid = false;
    std::move(own.begin(), own.end(), std::back_inserter(found));
  }
  return found;
}

}  // namespace kubediag::api
