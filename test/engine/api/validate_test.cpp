#include "engine/api/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/limits.h"

namespace kubediag::api {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

auto Error(const char* field, const char* message) {
  return AllOf(Field(&Problem::severity, Severity::kError), Field(&Problem::field, field),
               Field(&Problem::message, HasSubstr(message)));
}
auto Warning(const char* field) {
  return AllOf(Field(&Problem::severity, Severity::kWarning), Field(&Problem::field, field));
}

Operation HttpOperation(HttpServer server) {
  Operation operation;
  operation.metadata.name = "o";
  operation.processor.http_server = std::move(server);
  return operation;
}

Diagnosis GoodDiagnosis() {
  Diagnosis diagnosis;
  diagnosis.metadata.name = "d";
  diagnosis.spec.operation_set = "s";
  diagnosis.spec.node_name = "n";
  return diagnosis;
}

TEST(ValidateOperation, DemandsExactlyOneProcessor) {
  Operation operation;
  operation.metadata.name = "o";
  EXPECT_THAT(Validate(operation), ElementsAre(Error("spec.processor", "has none of")));
  operation.processor.script_runner = ScriptRunner{"true", {}, {}};
  EXPECT_THAT(Validate(operation), IsEmpty());
  operation.processor.shared_object = SharedObject{"x", {}};
  EXPECT_THAT(Validate(operation), ElementsAre(Error("spec.processor", "has 2 of")));
}

TEST(ValidateOperation, ChecksTheServer) {
  const std::string field = "spec.processor.httpServer.";
  EXPECT_THAT(Validate(HttpOperation({})), IsEmpty());
  EXPECT_THAT(Validate(HttpOperation({"fe80::1", 1, "/", "https"})), IsEmpty());
  EXPECT_THAT(Validate(HttpOperation({"my.host", 65535, "/", "http"})), IsEmpty());
  EXPECT_THAT(Validate(HttpOperation({"http://x", 65536, "/", "HTTP"})),
              ElementsAre(Error("spec.processor.httpServer.address", "neither an IP address"),
                          Error("spec.processor.httpServer.port", "65536 is not a port"),
                          Error("spec.processor.httpServer.scheme", "neither http nor https")));
  EXPECT_THAT(Validate(HttpOperation({{}, 0, {}, {}})),
              ElementsAre(Error("spec.processor.httpServer.port", "0 is not a port")));
}

TEST(ValidateOperation, ChecksTheTimeout) {
  Operation operation = HttpOperation({});
  operation.processor.timeout_seconds = 0;
  EXPECT_THAT(Validate(operation),
              ElementsAre(Error("spec.processor.timeoutSeconds", "0 is less than 1")));
  operation.processor.timeout_seconds = 1;
  EXPECT_THAT(Validate(operation), IsEmpty());
}

TEST(ValidateOperation, KnowsBothSpellingsOfTheRuntime) {
  Operation operation;
  operation.metadata.name = "o";
  for (const char* runtime : {"Python3", "python3"}) {
    operation.processor.function = Function{{{"function.py", ""}}, runtime};
    EXPECT_THAT(Validate(operation), IsEmpty());
  }
  operation.processor.function = Function{{{"../x.py", ""}}, "ruby"};
  EXPECT_THAT(Validate(operation),
              ElementsAre(Error("spec.processor.function.runtime", "\"ruby\" is not a runtime"),
                          Error("spec.processor.function.codeSource[../x.py]", "not a file name")));
}

TEST(ValidateOperation, DemandsTheFileOfAFunction) {
  Operation operation;
  operation.metadata.name = "o";
  const auto missing = Error("spec.processor.function.codeSource", "has no function.py");
  for (const api::StringMap& files : {api::StringMap{}, {{"main.py", "x"}}}) {
    operation.processor.function = Function{files, "python3"};
    EXPECT_THAT(Validate(operation), ElementsAre(missing));
  }
}

TEST(ValidateOperation, ASharedObjectNamesItsOperation) {
  Operation operation;
  operation.metadata.name = "o";
  operation.processor.shared_object.emplace();
  EXPECT_THAT(Validate(operation),
              ElementsAre(Error("spec.processor.sharedObject.operation", "is missing")));
}

TEST(ValidateOperationSet, ChecksNamesAndTheStartsDependences) {
  OperationSet set;
  set.metadata.name = "s";
  set.adjacency_list = {{0, {1}, "", {1}}, {1, {}, "Bad/Name", {0}}};
  EXPECT_THAT(Validate(set),
              ElementsAre(Error("spec.adjacencyList[0].dependences", "no dependences"),
                          Error("spec.adjacencyList[1].operation", "\"Bad/Name\" is not a name")));
}

TEST(ValidateDiagnosis, DemandsAnOperationSet) {
  Diagnosis diagnosis = GoodDiagnosis();
  EXPECT_THAT(Validate(diagnosis), IsEmpty());
  diagnosis.spec.operation_set.clear();
  EXPECT_THAT(Validate(diagnosis), ElementsAre(Error("spec.operationSet", "is missing")));
}

TEST(ValidateDiagnosis, WarnsIfThereIsNoPlaceToRun) {
  Diagnosis diagnosis = GoodDiagnosis();
  diagnosis.spec.node_name.clear();
  EXPECT_THAT(Validate(diagnosis), ElementsAre(Warning("spec.nodeName")));
  diagnosis.spec.pod_reference = PodReference{"ns", "web-0", ""};
  EXPECT_THAT(Validate(diagnosis), IsEmpty());
  diagnosis.spec.pod_reference = PodReference{};
  EXPECT_THAT(Validate(diagnosis), ElementsAre(Error("spec.podReference.namespace", "missing"),
                                               Error("spec.podReference.name", "missing")));
}

TEST(ValidateDiagnosis, BoundsParameters) {
  Diagnosis diagnosis = GoodDiagnosis();
  diagnosis.spec.parameters["a"] = std::string(kMaxParameterBytes, 'x');
  EXPECT_THAT(Validate(diagnosis), IsEmpty());
  diagnosis.spec.parameters["a"] += 'x';
  EXPECT_THAT(Validate(diagnosis), ElementsAre(Error("spec.parameters[a]", "262145 bytes")));
  diagnosis.spec.parameters.clear();
  for (size_t i = 0; i < kMaxParameters; ++i) diagnosis.spec.parameters[std::to_string(i)] = "";
  EXPECT_THAT(Validate(diagnosis), IsEmpty());
  diagnosis.spec.parameters["one more"] = "";
  EXPECT_THAT(Validate(diagnosis), ElementsAre(Error("spec.parameters", "4097 entries")));
}

TEST(ValidateDiagnosis, WarnsAboutKeysTheEngineSets) {
  Diagnosis diagnosis = GoodDiagnosis();
  diagnosis.spec.parameters["node"] = "x";
  EXPECT_THAT(Validate(diagnosis), ElementsAre(Warning("spec.parameters[node]")));
}

TEST(ValidateAll, FindsAnObjectGivenTwiceAndWhere) {
  const char* const text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
  Decoded first = Decode(text, "a.yaml");
  Decoded second = Decode(text, "b.yaml");
  std::vector<DecodedObject> objects = {first.objects.at(0), second.objects.at(0)};
  const auto found = ValidateAll(objects);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].ToString(),
            "b.yaml:3:18: error: Secret s: metadata.name: is given twice, first at a.yaml:3");
  EXPECT_TRUE(objects[0].valid);
  EXPECT_FALSE(objects[1].valid);
}

TEST(ValidateAll, TheSameNameInAnotherNamespaceIsAnotherObject) {
  Decoded decoded = Decode(
      "{apiVersion: v1, kind: Secret, metadata: {name: s}}\n---\n"
      "{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: other}}\n",
      "f.yaml");
  EXPECT_THAT(ValidateAll(decoded.objects), IsEmpty());
}

}  // namespace
}  // namespace kubediag::api
