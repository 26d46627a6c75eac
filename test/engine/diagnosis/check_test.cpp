#include "engine/diagnosis/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using operation::ParameterDescriptor;
using operation::ParameterKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    operation::OperationDescriptor profiler;
    profiler.name = "go-profiler";
    ParameterDescriptor source;
    source.key = "param.source";
    source.required = true;
    source.violation = "Must specify go profiler source.";
    ParameterDescriptor seconds_to_live;
    seconds_to_live.key = "param.expiration_seconds";
    seconds_to_live.kind = ParameterKind::kInteger;
    ParameterDescriptor found;
    found.key = "found";
    found.required = true;
    found.from_results = true;
    ParameterDescriptor url;
    url.key = "param.url";
    url.kind = ParameterKind::kUrl;
    profiler.parameters = {source, seconds_to_live, found, url};
    profiler.secrets.push_back({.namespace_parameter = "tls.secret_reference.namespace",
                                .name_parameter = "tls.secret_reference.name",
                                .data_keys = {"token"},
                                .https_parameter = "param.url",
                                .violation = ""});
    catalog.Add(profiler);
    operation::OperationDescriptor collect;
    collect.name = "collect";
    catalog.Add(collect);

    set.adjacency_list.resize(2);
    set.adjacency_list[0].to = {1};
    set.adjacency_list[1].operation = "go-profiler";
    diagnosis.metadata.namespace_name = "default";
    diagnosis.spec.parameters["param.source"] = "https://x";
  }

  std::vector<std::string> Problems() {
    std::vector<std::string> lines;
    for (const api::Problem& problem : CheckDiagnosis(diagnosis, set, operations, catalog)) {
      lines.push_back(std::string(api::SeverityName(problem.severity)) + " " + problem.field +
                      ": " + problem.message);
    }
    return lines;
  }

  FakeCatalog catalog;
  api::OperationSet set;
  api::Diagnosis diagnosis;
  std::vector<api::Operation> operations;
};

TEST_F(CheckTest, FindsNothingWrongWithASoundDiagnosis) { EXPECT_THAT(Problems(), IsEmpty()); }

TEST_F(CheckTest, TellsAMissingKeyWithTheDeclaredSentence) {
  diagnosis.spec.parameters.clear();
  EXPECT_THAT(Problems(),
              ElementsAre("error spec.parameters: go-profiler: Must specify go profiler source. "
                          "(param.source is required)"));
}

TEST_F(CheckTest, AnEarlierOperationMaySupplyAMissingKey) {
  diagnosis.spec.parameters.clear();
  set.adjacency_list.resize(3);
  set.adjacency_list[1].operation = "collect";
  set.adjacency_list[1].to = {2};
  set.adjacency_list[2].operation = "go-profiler";
  ASSERT_EQ(Problems().size(), 1U);
  EXPECT_THAT(Problems()[0], testing::StartsWith("warning "));
}

TEST_F(CheckTest, AnotherPathMaySucceedWithoutAMissingKey) {
  diagnosis.spec.parameters.clear();
  set.adjacency_list.resize(3);
  set.adjacency_list[0].to = {2, 1};
  set.adjacency_list[2].operation = "collect";
  EXPECT_THAT(Problems(),
              ElementsAre("warning spec.parameters: go-profiler: Must specify go profiler source. "
                          "(param.source is required): a path that begins with it fails"));
}

TEST_F(CheckTest, TellsAWrongKindAtItsKey) {
  diagnosis.spec.parameters["param.expiration_seconds"] = "2h";
  EXPECT_THAT(Problems(),
              ElementsAre("error spec.parameters[param.expiration_seconds]: go-profiler: "
                          "param.expiration_seconds must be a decimal integer"));
}

TEST_F(CheckTest, TellsKeysThatNobodyReadsButThoseTheEngineSets) {
  diagnosis.spec.parameters["param.sorce"] = "x";
  diagnosis.spec.parameters["node"] = "x";
  EXPECT_THAT(Problems(),
              ElementsAre("warning spec.parameters[param.sorce]: no operation of the set reads the "
                          "parameter param.sorce; did you mean param.source?"));
}

TEST_F(CheckTest, TellsSecretNamesThatAreNone) {
  diagnosis.spec.parameters["tls.secret_reference.name"] = "../token";
  ASSERT_EQ(Problems().size(), 1U);
  EXPECT_THAT(Problems()[0], HasSubstr("is no name of a Kubernetes object"));
}

TEST_F(CheckTest, TellsAnHttpsUrlWithoutItsSecret) {
  diagnosis.spec.parameters["param.url"] = "https://h";
  EXPECT_THAT(Problems(),
              ElementsAre("error spec.parameters: go-profiler: tls.secret_reference.name must name "
                          "a Secret, for param.url is https (tls.secret_reference.name is "
                          "required)"));
  diagnosis.spec.parameters["tls.secret_reference.name"] = "s";
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(CheckTest, AnEarlierOperationMaySupplyAUrlThatNeedsNoSecret) {
  diagnosis.spec.parameters["param.url"] = "https://h";
  set.adjacency_list.resize(3);
  set.adjacency_list[1].operation = "collect";
  set.adjacency_list[1].to = {2};
  set.adjacency_list[2].operation = "go-profiler";
  const auto problems = Problems();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], testing::StartsWith("warning spec.parameters: "));
  EXPECT_THAT(problems[0],
              testing::EndsWith(", unless an earlier operation supplies another param.url"));
}

TEST_F(CheckTest, AMissingOperationIsAWarningWithTheNearestName) {
  set.adjacency_list[1].operation = "go-profile";
  const auto problems = CheckOperationSet(set, operations, catalog);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].severity, api::Severity::kWarning);
  EXPECT_EQ(problems[0].field, "spec.adjacencyList[1].operation");
  EXPECT_THAT(problems[0].message, HasSubstr("go-profiler"));
  // It may read any key.
  EXPECT_THAT(Problems(), IsEmpty());
}

}  // namespace
}  // namespace kubediag::diagnosis
