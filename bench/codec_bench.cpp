// YAML and JSON: a Diagnosis with a full status, and an OperationSet of many nodes, read and
// written. The unit that matters is bytes a second.

#include <benchmark/benchmark.h>

#include <string>

#include "engine/api/decode.h"
#include "engine/api/encode.h"

namespace kubediag::api {
namespace {

Object FullDiagnosis() {
  Diagnosis diagnosis;
  diagnosis.metadata.name = "go-profiler";
  diagnosis.metadata.namespace_name = "default";
  diagnosis.spec.operation_set = "go-profiler";
  diagnosis.spec.node_name = "node-1";
  for (int i = 0; i < 10; ++i) {
    diagnosis.spec.parameters["param.diagnoser.runtime.go_profiler.key_" + std::to_string(i)] =
        "https://10.0.2.15:6443/" + std::to_string(i);
  }
  DiagnosisStatus& status = diagnosis.status;
  status.phase = Phase::kSucceeded;
  status.message = "heap of https://10.0.2.15:6443: 115.7 MB in use";
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i);
    status.operation_results["collector.system.process.list." + number] =
        R"([{"pid":1,"command":["/sbin/init"]},{"pid":2,"command":["kthreadd"]}])";
    status.operations.push_back({i, "collector-" + number, "Failed", "OperationFailed",
                                 "first line\nsecond line: with \"quotes\"",
                                 Time(std::chrono::seconds(1'800'000'000 + i)),
                                 Time(std::chrono::seconds(1'800'000'001 + i)), 1});
  }
  return diagnosis;
}

Object LargeSet(int64_t nodes) {
  OperationSet set;
  set.metadata.name = "large";
  for (int64_t i = 0; i < nodes; ++i) {
    Node node;
    node.id = i;
    if (i > 0) node.operation = "operation-" + std::to_string(i % 10);
    if (i + 1 < nodes) node.to = {i + 1};
    set.adjacency_list.push_back(std::move(node));
  }
  return set;
}

std::string ToYaml(const Object& object) { return EncodeYaml(object); }
std::string ToJson(const Object& object) { return EncodeJson(object, JsonLayout::kCompact); }

using Writer = std::string (*)(const Object&);

void CountBytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) *
                          static_cast<int64_t>(state.iterations()));
}

void ReadObject(benchmark::State& state, const Object& object, Writer write) {
  const std::string text = write(object);
  for (auto iteration : state) benchmark::DoNotOptimize(Decode(text, "bench"));
  CountBytes(state, text);
}

void WriteObject(benchmark::State& state, const Object& object, Writer write) {
  for (auto iteration : state) benchmark::DoNotOptimize(write(object));
  CountBytes(state, write(object));
}

BENCHMARK_CAPTURE(ReadObject, yaml, FullDiagnosis(), ToYaml)->Name("codec/read/diagnosis/yaml");
BENCHMARK_CAPTURE(ReadObject, json, FullDiagnosis(), ToJson)->Name("codec/read/diagnosis/json");
BENCHMARK_CAPTURE(WriteObject, yaml, FullDiagnosis(), ToYaml)->Name("codec/write/diagnosis/yaml");
BENCHMARK_CAPTURE(WriteObject, json, FullDiagnosis(), ToJson)->Name("codec/write/diagnosis/json");
BENCHMARK_CAPTURE(ReadObject, large_yaml, LargeSet(10'000), ToYaml)
    ->Name("codec/read/set-of-10000/yaml")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ReadObject, large_json, LargeSet(10'000), ToJson)
    ->Name("codec/read/set-of-10000/json")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteObject, large_yaml, LargeSet(10'000), ToYaml)
    ->Name("codec/write/set-of-10000/yaml")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kubediag::api
