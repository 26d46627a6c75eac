#include "engine/api/encode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "engine/api/decode.h"
#include "engine/api/time.h"
#include "engine/api/write.h"

namespace kubediag::api {
namespace {

using testing::HasSubstr;

Time At(const char* text) { return *ParseTime(text); }

Diagnosis FullDiagnosis() {
  Diagnosis diagnosis;
  diagnosis.metadata = {.name = "go-profiler",
                        .namespace_name = "default",
                        .uid = "u-1",
                        .resource_version = "42",
                        .generation = 1,
                        .labels = {{"a", "true"}},
                        .annotations = {},
                        .creation_timestamp = At("2026-11-23T12:00:00Z"),
                        .deletion_timestamp = {}};
  diagnosis.spec.operation_set = "go-profiler";
  diagnosis.spec.node_name = "node-1";
  diagnosis.spec.pod_reference = PodReference{"ns", "web-0", "app"};
  diagnosis.spec.parameters = {{"seconds", "7200"}, {"source", "https://10.0.2.15:6443"}};
  diagnosis.spec.timeout_seconds = 600;
  DiagnosisStatus& status = diagnosis.status;
  status.phase = Phase::kSucceeded;
  status.conditions = {{"Complete", "True", At("2026-11-23T12:00:02Z"), "DiagnosisComplete",
                        "Diagnosis is completed"}};
  status.start_time = At("2026-11-23T12:00:01Z");
  status.failed_paths = {{{1, {2}, "first", {}}, {2, {}, "second", {}}}};
  status.succeeded_path = {{3, {}, "go-profiler", {}}};
  status.operation_results = {{"endpoint",
                               "Visit http://10.0.2.15:39941, this server will expire "
                               "in 7200 seconds."},
                              {"text", "first line\n  second: line\n"}};
  status.checkpoint = Checkpoint{1, 0};
  status.operations = {{1, "first", "Failed", "OperationCrashed", "signal 11: see the log",
                        At("2026-11-23T12:00:01Z"), At("2026-11-23T12:00:02Z"), 1}};
  status.message = "it is done";
  status.claim = Claim{"host-1", At("2026-11-23T12:00:01Z"), "864dcbdbfb"};
  status.completion_time = At("2026-11-23T12:00:02Z");
  status.artifacts = {{"profile", "profilers/go/pprof/x.prof", 1234, "abc"}};
  return diagnosis;
}

TEST(EncodeYaml, PrintsADiagnosisAsKubectlDoes) {
  EXPECT_EQ(EncodeYaml(FullDiagnosis()),
            "apiVersion: diagnosis.kubediag.org/v1\n"
            "kind: Diagnosis\n"
            "metadata:\n"
            "  creationTimestamp: \"2026-11-23T12:00:00Z\"\n"
            "  generation: 1\n"
            "  labels:\n"
            "    a: \"true\"\n"
            "  name: go-profiler\n"
            "  namespace: default\n"
            "  resourceVersion: \"42\"\n"
            "  uid: u-1\n"
            "spec:\n"
            "  nodeName: node-1\n"
            "  operationSet: go-profiler\n"
            "  parameters:\n"
            "    seconds: \"7200\"\n"
            "    source: https://10.0.2.15:6443\n"
            "  podReference:\n"
            "    container: app\n"
            "    name: web-0\n"
            "    namespace: ns\n"
            "  timeoutSeconds: 600\n"
            "status:\n"
            "  artifacts:\n"
            "  - key: profile\n"
            "    path: profilers/go/pprof/x.prof\n"
            "    sha256: abc\n"
            "    size: 1234\n"
            "  checkpoint:\n"
            "    nodeIndex: 0\n"
            "    pathIndex: 1\n"
            "  claim:\n"
            "    instance: host-1\n"
            "    operationSetHash: 864dcbdbfb\n"
            "    time: \"2026-11-23T12:00:01Z\"\n"
            "  completionTime: \"2026-11-23T12:00:02Z\"\n"
            "  conditions:\n"
            "  - lastTransitionTime: \"2026-11-23T12:00:02Z\"\n"
            "    message: Diagnosis is completed\n"
            "    reason: DiagnosisComplete\n"
            "    status: \"True\"\n"
            "    type: Complete\n"
            "  failedPaths:\n"
            "  - - id: 1\n"
            "      operation: first\n"
            "      to:\n"
            "      - 2\n"
            "    - id: 2\n"
            "      operation: second\n"
            "  message: it is done\n"
            "  operationResults:\n"
            "    endpoint: Visit http://10.0.2.15:39941, this server will expire in 7200 seconds.\n"
            "    text: |\n"
            "      first line\n"
            "        second: line\n"
            "  operations:\n"
            "  - attempts: 1\n"
            "    completionTime: \"2026-11-23T12:00:02Z\"\n"
            "    id: 1\n"
            "    message: 'signal 11: see the log'\n"
            "    operation: first\n"
            "    phase: Failed\n"
            "    reason: OperationCrashed\n"
            "    startTime: \"2026-11-23T12:00:01Z\"\n"
            "  phase: Succeeded\n"
            "  startTime: \"2026-11-23T12:00:01Z\"\n"
            "  succeededPath:\n"
            "  - id: 3\n"
            "    operation: go-profiler\n");
}

TEST(EncodeJson, PrintsSortedKeysWithFourSpaces) {
  Secret secret;
  secret.metadata.name = "s";
  secret.metadata.namespace_name = "default";
  secret.data = {{"token", std::string("a\0b", 3)}};
  EXPECT_EQ(EncodeJson(secret),
            "{\n"
            "    \"apiVersion\": \"v1\",\n"
            "    \"data\": {\n"
            "        \"token\": \"YQBi\"\n"
            "    },\n"
            "    \"kind\": \"Secret\",\n"
            "    \"metadata\": {\n"
            "        \"name\": \"s\",\n"
            "        \"namespace\": \"default\"\n"
            "    }\n"
            "}\n");
  EXPECT_EQ(EncodeJson(secret, JsonLayout::kCompact),
            R"({"apiVersion":"v1","data":{"token":"YQBi"},"kind":"Secret",)"
            R"("metadata":{"name":"s","namespace":"default"}})");
}

TEST(EncodeYaml, PrintsSeveralAsAList) {
  Secret secret;
  secret.metadata.name = "s";
  const std::vector<Object> objects = {secret};
  EXPECT_EQ(EncodeYamlList(objects),
            "apiVersion: v1\n"
            "items:\n"
            "- apiVersion: v1\n"
            "  kind: Secret\n"
            "  metadata:\n"
            "    name: s\n"
            "kind: List\n"
            "metadata:\n"
            "  resourceVersion: \"\"\n");
  EXPECT_THAT(EncodeYamlList({}), HasSubstr("items: []\n"));
}

TEST(EncodeStatusJson, IsTheStatusAlone) {
  DiagnosisStatus status;
  EXPECT_EQ(EncodeStatusJson(status), "{}");
  status.phase = Phase::kPending;
  EXPECT_EQ(EncodeStatusJson(status), R"({"phase":"Pending"})");
  EXPECT_EQ(EncodeStatusJson(OperationSetStatus{}), R"({"ready":false})");
}

// Printed, read and printed again: nothing is lost on the way, in either form.
void ExpectReadsBack(const Object& object) {
  for (const std::string& text : {EncodeYaml(object), EncodeJson(object)}) {
    const Decoded decoded = Decode(text, "printed");
    for (const Diagnostic& found : decoded.diagnostics) ADD_FAILURE() << found.ToString() << text;
    ASSERT_EQ(decoded.objects.size(), 1U) << text;
    EXPECT_EQ(EncodeYaml(decoded.objects[0].object), EncodeYaml(object));
    EXPECT_EQ(EncodeJson(decoded.objects[0].object), EncodeJson(object));
  }
}

TEST(Encode, EveryKindReadsBack) {
  ExpectReadsBack(FullDiagnosis());
  Operation operation;
  operation.metadata.name = "o";
  operation.processor.http_server = HttpServer{"10.0.0.1", 80, "/p", "https"};
  operation.processor.script_runner = ScriptRunner{"#!/bin/sh\n\techo hi\n", {"a", "b"}, "key"};
  operation.processor.function =
      Function{{{"function.py", "def handler(c):\n  return c\n"}}, "python3"};
  operation.processor.shared_object = SharedObject{"go-profiler", {{"k", "v"}}};
  operation.processor.timeout_seconds = 30;
  operation.dependences = {"x"};
  operation.storage_host_path = "/var/lib";
  operation.repeatable = false;
  ExpectReadsBack(operation);
  OperationSet set;
  set.metadata.name = "s";
  set.adjacency_list = {{0, {1}, "", {}}, {1, {}, "hello", {0}}, {{}, {}, "", {}}};
  set.strategy = Strategy::kAllPaths;
  set.status = {{{{1, {}, "hello", {}}}}, true, {}, 3};
  ExpectReadsBack(set);
  Secret secret;
  secret.metadata.name = "s";
  secret.metadata.namespace_name = "n";
  secret.data = {{"a", std::string("\0\xFF", 2)}, {"b", ""}};
  secret.type = "Opaque";
  ExpectReadsBack(secret);
}

void ExpectStringReadsBack(const std::string& text) {
  Diagnosis diagnosis;
  diagnosis.metadata.name = "d";
  diagnosis.metadata.namespace_name = "default";
  diagnosis.spec.operation_set = "s";
  diagnosis.spec.parameters = {{"key", text}, {text, "value"}};
  for (const std::string& printed : {EncodeYaml(diagnosis), EncodeJson(diagnosis)}) {
    const Decoded decoded = Decode(printed, "printed");
    for (const Diagnostic& found : decoded.diagnostics) ADD_FAILURE() << found.ToString();
    ASSERT_EQ(decoded.objects.size(), 1U) << printed;
    ASSERT_EQ(std::get<Diagnosis>(decoded.objects[0].object).spec.parameters,
              diagnosis.spec.parameters)
        << printed;
  }
}

TEST(Encode, StringsThatYamlWouldTakeForSomethingElseReadBack) {
  for (const char* text : {"",
                           " ",
                           "~",
                           "null",
                           "true",
                           "Yes",
                           "n",
                           "off",
                           "0",
                           "-1",
                           "+1",
                           "0x1f",
                           "0o17",
                           "017",
                           "1_000",
                           "1e3",
                           ".5",
                           "1.",
                           ".inf",
                           "-.INF",
                           ".nan",
                           "2026-11-23",
                           "12:30:45",
                           "=",
                           "<<",
                           "-",
                           "- a",
                           "-a",
                           "--",
                           "---",
                           "...",
                           "?",
                           "? a",
                           ":",
                           "a:",
                           ": a",
                           "a: b",
                           "a:b",
                           "#",
                           "a #b",
                           "a#b",
                           ",",
                           "[",
                           "]",
                           "{",
                           "}",
                           "{a}",
                           "&a",
                           "*a",
                           "!a",
                           "!!str",
                           "|",
                           ">",
                           "'",
                           "''",
                           "\"",
                           "%a",
                           "@a",
                           "`a",
                           "\\",
                           "a\\n",
                           " a",
                           "a ",
                           "\ta",
                           "a\t",
                           "a\tb",
                           "\n",
                           "\n\n",
                           "a\n",
                           "a\n\n",
                           "\na",
                           " a\nb",
                           "a\n b",
                           "a\n  \nb",
                           "a\n\n\nb\n",
                           "a\r\nb",
                           "\r",
                           "a\x01",
                           "a\x7F",
                           "\xC2\x85",
                           "a\xE2\x80\xA8z",
                           "\xEF\xBB\xBF",
                           "\xEF\xBB\xBFx",
                           "\xC3\xA9",
                           "\xF0\x9F\x98\x80",
                           "a\n---\nb",
                           "a\n...\n",
                           "a\n# b\n",
                           "key: |\n  block\n",
                           "\xEF\xBF\xBE",
                           "\xEF\xBF\xBF"}) {
    SCOPED_TRACE(text);
    ExpectStringReadsBack(text);
  }
}

TEST(Encode, RandomStringsReadBack) {
  constexpr const char* kPieces[] = {"a",
                                     "b",
                                     " ",
                                     "\n",
                                     "\t",
                                     ":",
                                     "#",
                                     "-",
                                     "'",
                                     "\"",
                                     "\\",
                                     "{",
                                     "]",
                                     ",",
                                     "&",
                                     "*",
                                     "!",
                                     "|",
                                     ">",
                                     "%",
                                     "?",
                                     "1",
                                     ".",
                                     "~",
                                     "\r",
                                     "\x02",
                                     "\xC3\xA9",
                                     "\xE2\x80\xA9",
                                     "\xF0\x9F\x98\x80",
                                     "  ",
                                     "\n\n",
                                     "---",
                                     "yes"};
  std::mt19937 random(1);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    const size_t pieces = random() % 7;
    for (size_t i = 0; i < pieces; ++i) text += kPieces[random() % std::size(kPieces)];
    SCOPED_TRACE(testing::PrintToString(text));
    ASSERT_NO_FATAL_FAILURE(ExpectStringReadsBack(text));
  }
}

TEST(Encode, BytesThatAreNoTextAreReplaced) {
  Diagnosis diagnosis;
  diagnosis.metadata.name = "d";
  diagnosis.status.message = "a\xFFz\xC3";
  EXPECT_THAT(EncodeYaml(diagnosis), HasSubstr("message: a\xEF\xBF\xBDz\xEF\xBF\xBD\n"));
  EXPECT_THAT(EncodeStatusJson(diagnosis.status), HasSubstr("\"a\xEF\xBF\xBDz\xEF\xBF\xBD\""));
}

}  // namespace
}  // namespace kubediag::api
