#include "engine/api/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/value.h"
#include "engine/core/limits.h"

namespace kubediag::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr char kDiagnosisHead[] =
    "apiVersion: diagnosis.kubediag.org/v1\n"
    "kind: Diagnosis\n"
    "metadata:\n"
    "  name: d\n"
    "spec:\n"
    "  operationSet: s\n";

std::vector<std::string> Texts(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> texts;
  texts.reserve(diagnostics.size());
  for (const Diagnostic& diagnostic : diagnostics) texts.push_back(diagnostic.ToString());
  return texts;
}

template <typename T>
T Only(const std::string& text) {
  const Decoded decoded = Decode(text, "f.yaml");
  EXPECT_THAT(Texts(decoded.diagnostics), IsEmpty());
  if (decoded.objects.size() != 1) {
    ADD_FAILURE() << decoded.objects.size() << " objects";
    return {};
  }
  return std::get<T>(decoded.objects[0].object);
}

std::vector<std::string> ErrorsOf(const std::string& text) {
  return Texts(Decode(text, "f.yaml").diagnostics);
}

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

TEST(Decode, PlacesErrorsInJson) {
  EXPECT_THAT(
      ErrorsOf("{\n  \"apiVersion\": \"v1\", \"kind\": \"Secret\",\n"
               "  \"metadata\": {\"name\": \"x\", \"labels\": {\"a\\\"\": -12 , \"b\": true}},\n"
               "  \"metadata\": {}\n}"),
      ElementsAre(
          "f.yaml:3:47: error: Secret x: metadata.labels[a\"]: expected a string, not the number "
          "-12; quote it: \"-12\"",
          "f.yaml:3:58: error: Secret x: metadata.labels[b]: expected a string, not the boolean "
          "true; quote it: \"true\"",
          "f.yaml:4:3: error: Secret x: metadata: duplicate key, first at line 3"));
}

TEST(Decode, ReportsBrokenJson) {
  EXPECT_THAT(ErrorsOf("{\"kind\": \"x\""), ElementsAre(HasSubstr("f.yaml:1:12: error: syntax")));
}

TEST(Decode, AParameterThatIsNoStringMustBeQuoted) {
  EXPECT_THAT(
      ErrorsOf(std::string(kDiagnosisHead) + "  parameters:\n    seconds: 7200\n    on: yes\n"),
      ElementsAre("f.yaml:8:14: error: Diagnosis d: spec.parameters[seconds]: expected a "
                  "string, not the number 7200; quote it: \"7200\"",
                  "f.yaml:9:9: error: Diagnosis d: spec.parameters[on]: expected a string, "
                  "not the boolean yes; quote it: \"yes\""));
}

TEST(Decode, AddressesAndTimesAreStringsWithoutQuotes) {
  const auto diagnosis = Only<Diagnosis>(std::string(kDiagnosisHead) +
                                         "  parameters: {a: 10.0.2.15, b: 2026-11-23T12:00:00Z, "
                                         "c: 1.2.3, d: !!str 5}\n");
  EXPECT_THAT(diagnosis.spec.parameters,
              ElementsAre(Pair("a", "10.0.2.15"), Pair("b", "2026-11-23T12:00:00Z"),
                          Pair("c", "1.2.3"), Pair("d", "5")));
}

TEST(Decode, AParameterWithoutValueIsAnError) {
  EXPECT_THAT(ErrorsOf(std::string(kDiagnosisHead) + "  parameters:\n    a:\n"),
              ElementsAre("f.yaml:8:5: error: Diagnosis d: spec.parameters[a]: expected a string, "
                          "not nothing"));
}

TEST(Decode, NamesTheNearestFieldForAnUnknownOne) {
  EXPECT_THAT(
      ErrorsOf(std::string(kDiagnosisHead) + "  nodename: n\n  zzzzzzzzzz: 1\n"),
      ElementsAre("f.yaml:7:3: warning: Diagnosis d: spec.nodename: unknown field, ignored; "
                  "did you mean nodeName?",
                  "f.yaml:8:3: warning: Diagnosis d: spec.zzzzzzzzzz: unknown field, "
                  "ignored"));
}

TEST(Decode, ReportsDuplicateKeysAlsoWhereNothingIsRead) {
  EXPECT_THAT(
      ErrorsOf(std::string(kDiagnosisHead) + "  operationSet: t\n"
                                             "metadata: {managedFields: [{a: 1, a: 2}]}\n"),
      ElementsAre("f.yaml:7:3: error: Diagnosis d: spec.operationSet: duplicate key, first "
                  "at line 6",
                  "f.yaml:8:1: error: Diagnosis d: metadata: duplicate key, first at line 3",
                  HasSubstr("metadata.managedFields[0].a: duplicate key, first at line 8")));
}

TEST(Decode, FindsADuplicateAmongManyKeys) {
  std::string text = std::string(kDiagnosisHead) + "  parameters:\n";
  for (int i = 0; i < 50'000; ++i) text += "    k" + std::to_string(i) + ": v\n";
  EXPECT_THAT(ErrorsOf(text + "    k7: w\n"), ElementsAre(HasSubstr("[k7]: duplicate key")));
}

TEST(Decode, ReportsAllErrorsOfAllDocumentsInOrder) {
  const auto errors = ErrorsOf(
      "apiVersion: diagnosis.kubediag.org/v1\n"
      "kind: OperationSet\n"
      "metadata: {name: s}\n"
      "spec: {adjacencyList: [{id: x, to: 1}, 5]}\n"
      "---\n"
      "foo: [\n"
      "---\n"
      "kind: OperationSet\n"
      "---\n"
      "- 1\n");
  EXPECT_THAT(
      errors,
      ElementsAre(
          "f.yaml:4:29: error: OperationSet s: spec.adjacencyList[0].id: expected an integer, not "
          "the string \"x\"",
          "f.yaml:4:36: error: OperationSet s: spec.adjacencyList[0].to: expected a list, not the "
          "number 1",
          "f.yaml:4:40: error: OperationSet s: spec.adjacencyList[1]: expected a map, not the "
          "number 5",
          HasSubstr("f.yaml:7:1: error: "),
          "f.yaml:8:1: error: OperationSet: apiVersion: is missing "
          "(diagnosis.kubediag.org/v1)",
          "f.yaml:10:1: error: expected an object with apiVersion, kind and metadata, not a list"));
}

TEST(Decode, AnObjectWithErrorsIsThereButNotValid) {
  const Decoded decoded = Decode(std::string(kDiagnosisHead) + "  suspend: 7\n", "f.yaml");
  ASSERT_THAT(decoded.objects, SizeIs(1));
  EXPECT_FALSE(decoded.objects[0].valid);
  EXPECT_TRUE(decoded.objects[0].HasErrorAt("spec"));
  EXPECT_TRUE(decoded.objects[0].HasErrorAt("spec.suspend"));
  EXPECT_FALSE(decoded.objects[0].HasErrorAt("spec.sus"));
  EXPECT_FALSE(decoded.ok());
}

TEST(Decode, SkipsOtherKindsWithAWarning) {
  EXPECT_THAT(ErrorsOf("{apiVersion: v1, kind: Pod, metadata: {name: p}}"),
              ElementsAre("f.yaml:1:1: warning: Pod p: v1 Pod is skipped"));
  EXPECT_THAT(ErrorsOf("{apiVersion: diagnosis.kubediag.org/v1, kind: Trigger}"),
              ElementsAre(HasSubstr("it has a meaning in a cluster only")));
  EXPECT_THAT(ErrorsOf("{apiVersion: diagnosis.kubediag.org/v1, kind: Operationset}"),
              ElementsAre(HasSubstr("did you mean OperationSet?")));
  EXPECT_THAT(ErrorsOf("{apiVersion: v1, kind: Diagnosis}"),
              ElementsAre(HasSubstr("Diagnosis is of diagnosis.kubediag.org/v1")));
}

TEST(Decode, DemandsAName) {
  EXPECT_THAT(ErrorsOf("{apiVersion: v1, kind: Secret}"),
              ElementsAre("f.yaml:1:1: error: Secret: metadata.name: is missing"));
  EXPECT_THAT(ErrorsOf("{apiVersion: v1, kind: Secret, metadata: {generateName: x-}}"),
              ElementsAre(HasSubstr("generateName works in a cluster only")));
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

TEST(Decode, SaysWhatIsNoBase64) {
  EXPECT_THAT(ErrorsOf("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {token: 'a b'}}"),
              ElementsAre("f.yaml:1:67: error: Secret s: data[token]: not base64; text as it is "
                          "goes into stringData"));
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

TEST(Decode, UnderstandsAnchorsAndMergeKeys) {
  const auto set = Only<OperationSet>(
      "apiVersion: diagnosis.kubediag.org/v1\n"
      "kind: OperationSet\n"
      "metadata: {name: s}\n"
      "spec:\n"
      "  adjacencyList:\n"
      "  - {id: 0, to: [1, 2]}\n"
      "  - &probe {id: 1, operation: probe}\n"
      "  - <<: *probe\n"
      "    id: 2\n");
  EXPECT_EQ(set.adjacency_list.at(2).operation, "probe");
  EXPECT_EQ(set.adjacency_list.at(2).id, 2);
}

TEST(Decode, RefusesAliasesThatExpandWithoutEnd) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char level = 'b'; level < 'm'; ++level) {
    const char before = static_cast<char>(level - 1);
    bomb += std::string(1, level) + ": &" + level + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i > 0 ? ", *" : "*") + before;
    bomb += "]\n";
  }
  EXPECT_THAT(ErrorsOf(bomb), ElementsAre(HasSubstr("more than 4 MiB")));
}

TEST(Decode, RefusesAnAliasToWhatItStandsIn) {
  EXPECT_THAT(ErrorsOf("a: &a [*a]\n"), ElementsAre(HasSubstr("an alias to what it stands in")));
}

TEST(Decode, RefusesDepthBeyondTheCap) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']');
  };
  const std::string head = "{apiVersion: v1, kind: Pod, x: ";
  EXPECT_THAT(ErrorsOf(head + nested(kMaxManifestDepth - 1) + "}"),
              ElementsAre(HasSubstr("is skipped")));
  EXPECT_THAT(ErrorsOf(head + nested(kMaxManifestDepth) + "}"),
              ElementsAre(HasSubstr("nested more than 64 deep")));
  EXPECT_THAT(ErrorsOf("{\"x\": " + nested(100'000) + "}"),
              ElementsAre(HasSubstr("nested more than 64 deep")));
  EXPECT_THAT(ErrorsOf("x: " + nested(100'000)), ElementsAre(HasSubstr("nested")));
}

TEST(Decode, RefusesAFileBeyondTheCap) {
  const std::string text(kMaxManifestBytes + 1, ' ');
  EXPECT_THAT(ErrorsOf(text), ElementsAre("f.yaml: error: larger than 64 MiB"));
  EXPECT_THAT(ErrorsOf(text.substr(1)), IsEmpty());
}

TEST(Decode, RefusesBytesThatAreNoText) {
  EXPECT_THAT(ErrorsOf("a: b\nc: \xFF\n"), ElementsAre("f.yaml:2:4: error: not UTF-8 text"));
  EXPECT_THAT(ErrorsOf(std::string("a: \x04\n")),
              ElementsAre("f.yaml:1:4: error: the control character 0x04 is not allowed in text"));
  EXPECT_THAT(ErrorsOf(std::string("\xFF\xFE"
                                   "a\0",
                                   4)),
              ElementsAre(HasSubstr("not UTF-8")));
}

TEST(Decode, BoundsTheNumberOfDiagnostics) {
  std::string text = std::string(kDiagnosisHead) + "  parameters:\n";
  for (int i = 0; i < 3000; ++i) text += "    k" + std::to_string(i) + ": 1\n";
  const Decoded decoded = Decode(text, "f.yaml");
  EXPECT_THAT(decoded.diagnostics, SizeIs(kMaxManifestDiagnostics + 1));
  EXPECT_EQ(decoded.diagnostics.back().message, "and 2000 more");
  EXPECT_FALSE(decoded.ok());
}

TEST(Decode, MessagesStayShortWhateverTheFileHolds) {
  const std::string name(100'000, 'x');
  std::string text = "{apiVersion: v1, kind: Secret, metadata: {labels: {";
  text.append(name).append(": 1}, name: ").append(name).append("}}");
  const auto errors = ErrorsOf(text);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_LT(errors[0].size(), 3000U);
}

TEST(DecodedObject, ReportsAtTheFieldOrWhatIsNearest) {
  const Decoded decoded = Decode(std::string(kDiagnosisHead) +
                                     "  parameters:\n"
                                     "    a.b[0]: x\n"
                                     "  podReference: {namespace: n}\n",
                                 "f.yaml");
  const DecodedObject& object = decoded.objects.at(0);
  const auto place = [&](const char* field) {
    const Diagnostic found = object.Report(Severity::kError, field, "m");
    return std::make_pair(found.line, found.column);
  };
  EXPECT_EQ(place("spec.operationSet"), std::make_pair(6, 17));
  EXPECT_EQ(place("spec.parameters[a.b[0]]"), std::make_pair(8, 13));
  EXPECT_EQ(place("spec.podReference.name"), std::make_pair(9, 17));
  EXPECT_EQ(place("spec.nodeName"), std::make_pair(6, 3));
  EXPECT_EQ(place(""), std::make_pair(1, 1));
}

}  // namespace
}  // namespace kubediag::api
