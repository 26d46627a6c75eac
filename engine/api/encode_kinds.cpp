#include "engine/api/encode_kinds.h"

#include "engine/api/base64.h"
#include "engine/api/object.h"
#include "engine/api/time.h"

namespace kubediag::api {
namespace {

void SetOptional(Value& map, std::string_view name, const std::optional<std::string>& text) {
  if (text) map.Set(name, Value::String(*text));
}

template <typename Integer>
void SetOptional(Value& map, std::string_view name, const std::optional<Integer>& number) {
  if (number) map.Set(name, Value::Integer(*number));
}

Value HttpServerValue(const HttpServer& server) {
  Value map = Value::Map();
  SetOptional(map, "address", server.address);
  SetOptional(map, "path", server.path);
  SetOptional(map, "port", server.port);
  SetOptional(map, "scheme", server.scheme);
  return map;
}

Value ScriptRunnerValue(const ScriptRunner& runner) {
  Value map = Value::Map();
  if (!runner.arg_keys.empty()) map.Set("argKeys", StringListValue(runner.arg_keys));
  SetOptional(map, "operationResultKey", runner.operation_result_key);
  map.Set("script", Value::String(runner.script));
  return map;
}

Value ProcessorValue(const Processor& processor) {
  Value map = Value::Map();
  if (processor.function) {
    Value function = Value::Map();
    function.Set("codeSource", StringsValue(processor.function->code_source));
    function.Set("runtime", Value::String(processor.function->runtime));
    map.Set("function", std::move(function));
  }
  if (processor.http_server) map.Set("httpServer", HttpServerValue(*processor.http_server));
  if (processor.script_runner) map.Set("scriptRunner", ScriptRunnerValue(*processor.script_runner));
  if (processor.shared_object) {
    Value shared_object = Value::Map();
    shared_object.Set("operation", Value::String(processor.shared_object->operation));
    SetStrings(shared_object, "settings", processor.shared_object->settings);
    map.Set("sharedObject", std::move(shared_object));
  }
  SetOptional(map, "timeoutSeconds", processor.timeout_seconds);
  return map;
}

Value OutcomeValue(const OperationOutcome& outcome) {
  Value map = Value::Map();
  map.Set("attempts", Value::Integer(outcome.attempts));
  SetTime(map, "completionTime", outcome.completion_time);
  map.Set("id", Value::Integer(outcome.id));
  SetString(map, "message", outcome.message);
  SetString(map, "operation", outcome.operation);
  SetString(map, "phase", outcome.phase);
  SetString(map, "reason", outcome.reason);
  SetTime(map, "startTime", outcome.start_time);
  return map;
}

Value ArtifactValue(const Artifact& artifact) {
  Value map = Value::Map();
  map.Set("key", Value::String(artifact.key));
  map.Set("path", Value::String(artifact.path));
  SetString(map, "sha256", artifact.sha256);
  map.Set("size", Value::Integer(artifact.size));
  return map;
}

Value ClaimValue(const Claim& claim) {
  Value map = Value::Map();
  map.Set("instance", Value::String(claim.instance));
  SetString(map, "operationSetHash", claim.operation_set_hash);
  SetTime(map, "time", claim.time);
  return map;
}

template <typename T>
void SetList(Value& map, std::string_view name, const std::vector<T>& items,
             Value (*convert)(const T&)) {
  if (items.empty()) return;
  Value list = Value::List();
  for (const T& item : items) list.items.push_back(convert(item));
  map.Set(name, std::move(list));
}

}  // namespace

void AddFields(const Operation& operation, Value& document) {
  Value spec = Value::Map();
  if (!operation.dependences.empty()) {
    spec.Set("dependences", StringListValue(operation.dependences));
  }
  spec.Set("processor", ProcessorValue(operation.processor));
  if (operation.repeatable) spec.Set("repeatable", Value::Boolean(*operation.repeatable));
  if (operation.storage_host_path) {
    Value host_path = Value::Map();
    host_path.Set("path", Value::String(*operation.storage_host_path));
    Value storage = Value::Map();
    storage.Set("hostPath", std::move(host_path));
    spec.Set("storage", std::move(storage));
  }
  document.Set("spec", std::move(spec));
}

void AddFields(const OperationSet& operation_set, Value& document) {
  Value list = Value::List();
  for (const Node& node : operation_set.adjacency_list) list.items.push_back(NodeValue(node));
  Value spec = Value::Map();
  spec.Set("adjacencyList", std::move(list));
  if (operation_set.strategy != Strategy::kFirstPath) {
    spec.Set("strategy", Value::String(std::string(StrategyName(operation_set.strategy))));
  }
  document.Set("spec", std::move(spec));
  document.Set("status", StatusValue(operation_set.status));
}

void AddFields(const Diagnosis& diagnosis, Value& document) {
  Value spec = Value::Map();
  SetString(spec, "nodeName", diagnosis.spec.node_name);
  spec.Set("operationSet", Value::String(diagnosis.spec.operation_set));
  SetStrings(spec, "parameters", diagnosis.spec.parameters);
  if (diagnosis.spec.pod_reference) {
    const PodReference& pod = *diagnosis.spec.pod_reference;
    Value reference = Value::Map();
    SetString(reference, "container", pod.container);
    reference.Set("name", Value::String(pod.name));
    reference.Set("namespace", Value::String(pod.namespace_name));
    spec.Set("podReference", std::move(reference));
  }
  if (diagnosis.spec.suspend) spec.Set("suspend", Value::Boolean(true));
  SetOptional(spec, "timeoutSeconds", diagnosis.spec.timeout_seconds);
  document.Set("spec", std::move(spec));
  Value status = StatusValue(diagnosis.status);
  if (!status.items.empty()) document.Set("status", std::move(status));
}

void AddFields(const Secret& secret, Value& document) {
  if (!secret.data.empty()) {
    Value data = Value::Map();
    for (const auto& [key, bytes] : secret.data) data.Set(key, Value::String(EncodeBase64(bytes)));
    document.Set("data", std::move(data));
  }
  SetString(document, "type", secret.type);
}

Value StatusValue(const OperationSetStatus& status) {
  Value map = Value::Map();
  SetConditions(map, status.conditions);
  SetOptional(map, "observedGeneration", status.observed_generation);
  SetPaths(map, "paths", status.paths);
  map.Set("ready", Value::Boolean(status.ready));
  return map;
}

Value StatusValue(const DiagnosisStatus& status) {
  Value map = Value::Map();
  SetList(map, "artifacts", status.artifacts, ArtifactValue);
  if (status.checkpoint) {
    Value checkpoint = Value::Map();
    checkpoint.Set("nodeIndex", Value::Integer(status.checkpoint->node_index));
    checkpoint.Set("pathIndex", Value::Integer(status.checkpoint->path_index));
    map.Set("checkpoint", std::move(checkpoint));
  }
  if (status.claim) map.Set("claim", ClaimValue(*status.claim));
  SetTime(map, "completionTime", status.completion_time);
  SetConditions(map, status.conditions);
  SetPaths(map, "failedPaths", status.failed_paths);
  SetTime(map, "heartbeatTime", status.heartbeat_time);
  SetString(map, "message", status.message);
  SetStrings(map, "operationResults", status.operation_results);
  SetList(map, "operations", status.operations, OutcomeValue);
  SetString(map, "phase", std::string(PhaseName(status.phase)));
  SetTime(map, "startTime", status.start_time);
  SetPath(map, "succeededPath", status.succeeded_path);
  return map;
}

}  // namespace kubediag::api
