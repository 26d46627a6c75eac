// What is said of mistakes, and of which place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/decode.h"
#include "test/engine/api/decode_texts.h"

namespace kubediag::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

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

TEST(Decode, TextAtTheEndOfADocumentIsWhatItSays) {
  const auto value_of = [](const std::string& text) {
    return Only<Diagnosis>(std::string(kDiagnosisHead) + "  parameters:\n    key: " + text)
        .spec.parameters.at("key");
  };
  EXPECT_EQ(value_of("|\n      a\n      b\n"), "a\nb\n");
  EXPECT_EQ(value_of("|\n      a"), "a");
  EXPECT_EQ(value_of("|-\n      a\n\n"), "a");
  EXPECT_EQ(value_of("|+\n      a\n\n"), "a\n\n");
  EXPECT_EQ(value_of(">\n      a\n      b\n"), "a b\n");
  EXPECT_EQ(value_of("a\n      b  "), "a b");
  EXPECT_EQ(value_of("\"a\n      b\"\n  "), "a b");
  EXPECT_EQ(value_of("'a'"), "a");
}

TEST(Decode, AParameterWithoutValueIsAnError) {
  EXPECT_THAT(ErrorsOf(std::string(kDiagnosisHead) + "  parameters:\n    a:\n"),
              ElementsAre("f.yaml:8:5: error: Diagnosis d: spec.parameters[a]: expected a string, "
                          "not null"));
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

TEST(Decode, SaysWhatIsNoBase64) {
  EXPECT_THAT(ErrorsOf("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {token: 'a b'}}"),
              ElementsAre("f.yaml:1:67: error: Secret s: data[token]: not base64; text as it is "
                          "goes into stringData"));
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
