// Prints a JSON list of objects in which every field that the engine can write is set: what the
// schemas of the definitions must hold. A field added to a struct of engine/api/objects.h does not
// compile here until it is set below.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/encode.h"
#include "engine/api/objects.h"

namespace kubediag::api {
namespace {

// Each binding names all members of its struct, in order.
const Time kTime{std::chrono::seconds{1'800'000'000}};

Node EveryNode(int64_t id) {
  Node node;
  auto& [its_id, to, operation, dependences] = node;
  its_id = id;
  to = {id + 1, id + 2};
  operation = "operation-" + std::to_string(id);
  dependences = {id};
  return node;
}

Condition EveryCondition(const std::string& its_type) {
  Condition condition;
  auto& [type, status, last_transition_time, reason, message] = condition;
  type = its_type;
  status = "True";
  last_transition_time = kTime;
  reason = "BecauseOfTheTest";
  message = "a sentence";
  return condition;
}

OperationOutcome EveryOutcome() {
  OperationOutcome outcome;
  auto& [id, operation, phase, reason, message, start_time, completion_time, attempts] = outcome;
  id = 2;
  operation = "operation-2";
  phase = "Failed";
  reason = "OperationFailed";
  message = "a sentence";
  start_time = kTime;
  completion_time = kTime;
  attempts = 3;
  return outcome;
}

Artifact EveryArtifact() {
  Artifact artifact;
  auto& [key, path, size, sha256] = artifact;
  key = "diagnoser.file";
  path = "profiles/a.prof";
  size = 3'000'000'000;
  sha256 = std::string(64, 'a');
  return artifact;
}

DiagnosisStatus EveryDiagnosisStatus() {
  DiagnosisStatus status;
  auto& [phase, conditions, start_time, failed_paths, succeeded_path, operation_results, checkpoint,
         operations, message, claim, completion_time, heartbeat_time, artifacts] = status;
  phase = Phase::kSucceeded;
  conditions = {EveryCondition("Accepted"), EveryCondition("Finished")};
  start_time = kTime;
  failed_paths = {{EveryNode(1), EveryNode(2)}, {EveryNode(3)}};
  succeeded_path = {EveryNode(1), EveryNode(4)};
  operation_results = {{"diagnoser.result", "text"}, {"diagnoser.other", ""}};
  auto& [path_index, node_index] = checkpoint.emplace();
  path_index = 1;
  node_index = 1;
  operations = {EveryOutcome()};
  message = "a sentence";
  auto& [instance, time, operation_set_hash] = claim.emplace();
  instance = "agent-1";
  time = kTime;
  operation_set_hash = "0123456789abcdef";
  completion_time = kTime;
  heartbeat_time = kTime;
  artifacts = {EveryArtifact()};
  return status;
}

Diagnosis EveryDiagnosis() {
  Diagnosis diagnosis;
  diagnosis.metadata.name = "every-field";
  diagnosis.metadata.namespace_name = "default";
  auto& [operation_set, node_name, pod_reference, parameters, timeout_seconds, suspend] =
      diagnosis.spec;
  operation_set = "every-field";
  node_name = "node-1";
  auto& [namespace_name, name, container] = pod_reference.emplace();
  namespace_name = "default";
  name = "pod-1";
  container = "main";
  parameters = {{"param.key", "value"}};
  timeout_seconds = 60;
  suspend = true;
  diagnosis.status = EveryDiagnosisStatus();
  return diagnosis;
}

OperationSet EveryOperationSet() {
  OperationSet operation_set;
  auto& [metadata, adjacency_list, strategy, its_status] = operation_set;
  metadata.name = "every-field";
  Node start;
  start.id = 0;
  start.to = {1, 2};
  Node first = EveryNode(1);
  first.to = {2};
  Node last = EveryNode(2);
  last.to.clear();
  adjacency_list = {start, first, last};
  strategy = Strategy::kAllPaths;
  auto& [paths, ready, conditions, observed_generation] = its_status;
  paths = {{EveryNode(1), EveryNode(2)}, {EveryNode(2)}};
  ready = true;
  conditions = {EveryCondition("Ready")};
  observed_generation = 7;
  return operation_set;
}

Operation EveryOperation(const std::string& name) {
  Operation operation;
  auto& [metadata, processor, dependences, storage_host_path, repeatable] = operation;
  metadata.name = name;
  processor.timeout_seconds = 45;
  dependences = {"another"};
  storage_host_path = "/var/lib/somewhere";
  repeatable = true;
  return operation;
}

std::vector<Object> EveryProcessor() {
  Operation server = EveryOperation("every-field-server");
  Operation script = EveryOperation("every-field-script");
  Operation function = EveryOperation("every-field-function");
  Operation shared = EveryOperation("every-field-shared");
  {
    auto& [http_server, script_runner, its_function, shared_object, timeout] = server.processor;
    auto& [address, port, path, scheme] = http_server.emplace();
    address = "2001:db8::1";
    port = 8443;
    path = "/examine";
    scheme = "https";
  }
  {
    auto& [script_text, arg_keys, operation_result_key] = script.processor.script_runner.emplace();
    script_text = "#!/bin/sh\ntrue\n";
    arg_keys = {"param.a", "param.b"};
    operation_result_key = "result";
  }
  {
    auto& [code_source, runtime] = function.processor.function.emplace();
    code_source = {{"function.py", "def handler(context):\n    return {}\n"}};
    runtime = "python3";
  }
  {
    auto& [its_operation, settings] = shared.processor.shared_object.emplace();
    its_operation = "go-profiler";
    settings = {{"address", "192.0.2.1"}};
  }
  return {server, script, function, shared};
}

}  // namespace
}  // namespace kubediag::api

int main() {
  using namespace kubediag::api;
  std::vector<Object> objects = EveryProcessor();
  objects.emplace_back(EveryOperationSet());
  objects.emplace_back(EveryDiagnosis());
  std::puts(EncodeJsonList(objects).c_str());
  return 0;
}
