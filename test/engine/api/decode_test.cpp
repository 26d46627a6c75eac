// What is read from files: kinds, documents, lists, YAML and JSON.
#include "engine/api/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/engine/api/decode_texts.h"

namespace kubediag::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(Decode, ReadsTheTutorialsDiagnosis) {
  const auto diagnosis = Only<Diagnosis>(
      "apiVersion: diagnosis.kubediag.org/v1\n"
      "kind: Diagnosis\n"
      "metadata:\n"
      "  name: go-profiler\n"
      "spec: \n"
      "  parameters:\n"
      "    param.diagnoser.runtime.go_profiler.expiration_seconds: \"7200\"\n"
      "    param.diagnoser.runtime.go_profiler.type: Heap\n"
      "    param.diagnoser.runtime.go_profiler.source: https://10.0.2.15:6443\n"
      "  operationSet: go-profiler\n"
      "  nodeName: my-node\n");
  EXPECT_EQ(diagnosis.metadata.name, "go-profiler");
  EXPECT_EQ(diagnosis.metadata.namespace_name, "default");
  EXPECT_EQ(diagnosis.spec.operation_set, "go-profiler");
  EXPECT_EQ(diagnosis.spec.node_name, "my-node");
  EXPECT_THAT(
      diagnosis.spec.parameters,
      ElementsAre(Pair("param.diagnoser.runtime.go_profiler.expiration_seconds", "7200"),
                  Pair("param.diagnoser.runtime.go_profiler.source", "https://10.0.2.15:6443"),
                  Pair("param.diagnoser.runtime.go_profiler.type", "Heap")));
}

TEST(Decode, ReadsTheFlatProcessorOfTheFirstRelease) {
  const auto operation = Only<Operation>(
      "apiVersion: diagnosis.kubediag.org/v1\n"
      "kind: Operation\n"
      "metadata: {name: o}\n"
      "spec:\n"
      "  processor:\n"
      "    externalIP: 10.0.0.1\n"
      "    externalPort: 8090\n"
      "    path: /processor/x\n"
      "    scheme: http\n"
      "    timeoutSeconds: 60\n");
  EXPECT_EQ(operation.processor.http_server,
            (HttpServer{"10.0.0.1", 8090, "/processor/x", "http"}));
  EXPECT_EQ(operation.processor.timeout_seconds, 60);
}

TEST(Decode, ReadsEveryDocumentAndTheItemsOfLists) {
  const Decoded decoded = Decode(
      "# a comment\n"
      "---\n"
      "---\n"
      "# nothing here\n"
      "---\r\n"
      "apiVersion: v1\r\n"
      "kind: List\r\n"
      "items:\r\n"
      "- {apiVersion: v1, kind: Secret, metadata: {name: a}}\r\n"
      "- apiVersion: v1\n"
      "  kind: List\n"
      "  items:\n"
      "  - {apiVersion: v1, kind: Secret, metadata: {name: b}}\n"
      "--- {apiVersion: diagnosis.kubediag.org/v1, kind: OperationSetList,\n"
      "     items: [{metadata: {name: c}}]}\n"
      "...\n",
      "f.yaml");
  EXPECT_THAT(Texts(decoded.diagnostics), IsEmpty());
  std::vector<std::string> names;
  for (const DecodedObject& object : decoded.objects) names.push_back(DisplayName(object.object));
  EXPECT_THAT(names, ElementsAre("Secret default/a", "Secret default/b", "OperationSet c"));
}

TEST(Decode, EmptyInputHoldsNothing) {
  for (const char* text : {"", "\n", "---\n", "# only\n", "\xEF\xBB\xBF", "null"}) {
    const Decoded decoded = Decode(text, "f.yaml");
    EXPECT_THAT(decoded.objects, IsEmpty()) << text;
    EXPECT_THAT(Texts(decoded.diagnostics), IsEmpty()) << text;
  }
}

TEST(Decode, PassesOverAByteOrderMark) {
  EXPECT_EQ(Only<Diagnosis>(std::string("\xEF\xBB\xBF") + kDiagnosisHead).metadata.name, "d");
}

TEST(Decode, ReadsJsonWithEscapesAndSurrogatePairs) {
  const auto diagnosis = Only<Diagnosis>(
      R"({"apiVersion": "diagnosis.kubediag.org/v1", "kind": "Diagnosis", "metadata": {"name": "d"},)"
      R"( "spec": {"operationSet": "s", "parameters": {"a\"\\": "\ud83d\ude00\n", "<<": "{"}}})");
  EXPECT_THAT(diagnosis.spec.parameters,
              ElementsAre(Pair("<<", "{"), Pair("a\"\\", "\xF0\x9F\x98\x80\n")));
}

TEST(Decode, ReadsSeveralJsonValuesAndJsonBetweenYaml) {
  const Decoded decoded =
      Decode(R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}})"
             "\n"
             R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}})"
             "\n---\n"
             R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "\u0063"}})",
             "f.json");
  EXPECT_THAT(Texts(decoded.diagnostics), IsEmpty());
  EXPECT_THAT(decoded.objects, SizeIs(3));
}

TEST(Decode, ReadsSecretsAndLetsStringDataWin) {
  const auto secret = Only<Secret>(
      "apiVersion: v1\n"
      "kind: Secret\n"
      "metadata: {name: s, namespace: kubediag, ownerReferences: [{a: b}]}\n"
      "stringData: {b: text}\n"
      "data:\n"
      "  a: AAH/\n"
      "  b: aGVsbG8=\n"
      "  c: ''\n"
      "type: kubernetes.io/service-account-token\n");
  EXPECT_THAT(secret.data, ElementsAre(Pair("a", std::string("\0\x01\xFF", 3)), Pair("b", "text"),
                                       Pair("c", "")));
  EXPECT_EQ(secret.metadata.namespace_name, "kubediag");
}

TEST(Decode, ReadsASavedStatusLeniently) {
  const Decoded decoded = Decode(std::string(kDiagnosisHead) +
                                     "status:\n"
                                     "  phase: Succeeded\n"
                                     "  startTime: \"2026-11-23T12:00:00Z\"\n"
                                     "  operationResults: {a: b, c: 7}\n"
                                     "  checkpoint: {pathIndex: 1, nodeIndex: 2}\n"
                                     "  newField: 1\n"
                                     "  failedPaths: [[{id: 1, operation: x}]]\n",
                                 "f.yaml");
  EXPECT_TRUE(decoded.ok());
  EXPECT_THAT(decoded.diagnostics, SizeIs(2));
  const auto& status = std::get<Diagnosis>(decoded.objects.at(0).object).status;
  EXPECT_EQ(status.phase, Phase::kSucceeded);
  EXPECT_THAT(status.operation_results, ElementsAre(Pair("a", "b")));
  EXPECT_EQ(status.checkpoint->node_index, 2);
  EXPECT_EQ(status.failed_paths.at(0).at(0).operation, "x");
}

}  // namespace
}  // namespace kubediag::api
