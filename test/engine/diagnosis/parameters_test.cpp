#include "engine/diagnosis/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/abi.h>

#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using operation::ParameterDescriptor;
using operation::ParameterKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ParameterDescriptor Of(ParameterKind kind) {
  ParameterDescriptor parameter;
  parameter.key = "key";
  parameter.kind = kind;
  parameter.choices = {"Heap", "Profile"};
  return parameter;
}

bool Fits(ParameterKind kind, const std::string& value) { return CheckKind(Of(kind), value).ok(); }

TEST(Parameters, IntegersAreDecimalAndFit64Bits) {
  for (const char* good :
       {"0", "7200", "-1", "+5", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_TRUE(Fits(ParameterKind::kInteger, good)) << good;
  }
  for (const char* bad : {"", "+", "-", "1.5", "1e3", "0x10", " 1", "1 ", "+-1", "two hours",
                          "9223372036854775808"}) {
    EXPECT_FALSE(Fits(ParameterKind::kInteger, bad)) << bad;
  }
}

std::string Told(const ParameterDescriptor& parameter, const std::string& value) {
  return CheckKind(parameter, value).message();
}

TEST(Parameters, AnIntegerTooLargeForSixtyFourBitsIsToldAsSuch) {
  ParameterDescriptor parameter = Of(ParameterKind::kInteger);
  parameter.violation = "not a number, sorry";
  for (const char* wide :
       {"9223372036854775808", "+99999999999999999999", "-9223372036854775809"}) {
    EXPECT_EQ(Told(parameter, wide), "key is out of the range of a 64-bit integer") << wide;
  }
  EXPECT_EQ(Told(parameter, "99999999999999999999x"), "not a number, sorry");
}

TEST(Parameters, RangesHoldTheirEndsAndTheEngineWordsABreach) {
  ParameterDescriptor parameter = Of(ParameterKind::kInteger);
  parameter.violation = "not a number, sorry";
  parameter.minimum = 1;
  EXPECT_EQ(Told(parameter, "1"), "");
  EXPECT_EQ(Told(parameter, "9223372036854775807"), "");
  for (const char* below : {"0", "-0", "-9223372036854775809"}) {
    EXPECT_EQ(Told(parameter, below), "key must be at least 1") << below;
  }
  EXPECT_EQ(Told(parameter, "9223372036854775808"), "key is out of the range of a 64-bit integer");
  parameter.maximum = 3600;
  EXPECT_EQ(Told(parameter, "+3600"), "");
  for (const char* beyond : {"0", "3601", "9223372036854775808", "-9223372036854775809"}) {
    EXPECT_EQ(Told(parameter, beyond), "key must be from 1 to 3600") << beyond;
  }
  EXPECT_EQ(Told(parameter, "often"), "not a number, sorry");
  parameter.minimum.reset();
  EXPECT_EQ(Told(parameter, "-9223372036854775808"), "");
  EXPECT_EQ(Told(parameter, "3601"), "key must be at most 3600");
}

TEST(Parameters, ABaseUrlHasNeitherQueryNorFragment) {
  ParameterDescriptor parameter = Of(ParameterKind::kUrl);
  parameter.violation = "Must specify go profiler source.";
  parameter.base_url = true;
  for (const char* good : {"http://h", "https://h:1/p/"}) EXPECT_EQ(Told(parameter, good), "");
  for (const char* bad : {"http://h?", "http://h/#", "https://h/p?seconds=1", "http://h/p#?"}) {
    EXPECT_EQ(Told(parameter, bad), "key must be a base URL, without query or fragment") << bad;
  }
  EXPECT_THAT(Told(parameter, "ftp://h?x"), HasSubstr("must be an http:// or https:// URL"));
}

TEST(Parameters, BooleansAndChoicesAreExact) {
  EXPECT_TRUE(Fits(ParameterKind::kBoolean, "true"));
  EXPECT_FALSE(Fits(ParameterKind::kBoolean, "True"));
  EXPECT_TRUE(Fits(ParameterKind::kChoice, "Heap"));
  EXPECT_FALSE(Fits(ParameterKind::kChoice, "heap"));
}

TEST(Parameters, UrlsHaveAHostAndNoUserInformation) {
  for (const char* good : {"http://a", "https://10.0.2.15:6443", "https://[::1]:1/x?y#z"}) {
    EXPECT_TRUE(Fits(ParameterKind::kUrl, good)) << good;
  }
  for (const char* bad : {"", "a", "ftp://a", "httpsfoo://a", "http://", "http:///x", "http://:80",
                          "http://u@a", "http://u:p@a/", "http://a b", "http://a\r\nX: y"}) {
    EXPECT_FALSE(Fits(ParameterKind::kUrl, bad)) << bad;
  }
}

TEST(Parameters, ADefaultStandsInForAnAbsentKeyOnly) {
  operation::OperationDescriptor descriptor;
  descriptor.parameters.push_back(Of(ParameterKind::kString));
  descriptor.parameters[0].default_value = "default";
  api::StringMap parameters;
  FillDefaults(descriptor, parameters);
  EXPECT_EQ(parameters["key"], "default");
  parameters["key"] = "";
  FillDefaults(descriptor, parameters);
  EXPECT_EQ(parameters["key"], "");
}

TEST(Parameters, UnknownKeysAreToldWithTheNearestName) {
  operation::OperationDescriptor descriptor;
  descriptor.parameters.push_back(Of(ParameterKind::kString));
  descriptor.parameters[0].key = "param.profiler.source";
  const auto unknown =
      UnknownParameters({{"param.profiler.sorce", "x"}, {"node", "x"}}, {&descriptor});
  ASSERT_EQ(unknown.size(), 1U);
  EXPECT_THAT(unknown[0].message, HasSubstr("did you mean param.profiler.source?"));
}

TEST(Parameters, AnOperationWithOpenParametersKnowsAllKeys) {
  operation::OperationDescriptor descriptor;
  descriptor.optional_features = KUBEDIAG_FEATURE_OPEN_PARAMETERS;
  EXPECT_THAT(UnknownParameters({{"anything", "x"}}, {&descriptor}), IsEmpty());
}

TEST_F(ExecutorTest, AWrongKindFailsBeforehandWithTheDeclaredSentence) {
  operation::OperationDescriptor profiler = Module("profiler");
  profiler.parameters.push_back(Of(ParameterKind::kChoice));
  profiler.parameters[0].violation = "Go profiler type must be Profile, Heap or Goroutine.";
  Add("before", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  Add(profiler, [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {2}, {}}, {"before", "profiler"});
  AddDiagnosis({{"key", "heap"}});
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kFailed);
  EXPECT_EQ(ConditionOf(done, "Finished").reason, "InvalidParameter");
  EXPECT_THAT(Outcomes(done.status), ElementsAre("2 profiler Failed InvalidParameter"));
  EXPECT_EQ(done.status.operations[0].message,
            "Go profiler type must be Profile, Heap or Goroutine.");
  EXPECT_EQ(runner.Runs("before"), 0U);
}

TEST_F(ExecutorTest, AWrongUrlFailsBeforehandAndTheMessageTellsWhatAUrlIs) {
  operation::OperationDescriptor profiler = Module("profiler");
  profiler.parameters.push_back(Of(ParameterKind::kUrl));
  profiler.parameters[0].violation = "Must specify go profiler source.";
  Add(profiler, [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"profiler"});
  AddDiagnosis({{"key", "ftp://10.0.2.15"}});
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.operations[0].reason, "InvalidParameter");
  EXPECT_EQ(done.status.operations[0].message,
            "key must be an http:// or https:// URL with a host and without user information");
  EXPECT_EQ(runner.Runs("profiler"), 0U);
}

TEST_F(ExecutorTest, AValueOutOfRangeFailsBeforehandAndOneOfAnEarlierResultWhenItIsReached) {
  operation::OperationDescriptor profiler = Module("profiler");
  profiler.parameters.push_back(Of(ParameterKind::kInteger));
  profiler.parameters[0].maximum = 9;
  Add("before", [](const operation::Job&, const std::stop_token&) {
    return Succeed({{"key", "10"}});
  });
  Add(profiler, [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {2}, {}}, {"before", "profiler"});
  AddDiagnosis({{"key", "10"}});
  EXPECT_THAT(Outcomes(Run().status), ElementsAre("2 profiler Failed InvalidParameter"));
  EXPECT_EQ(runner.Runs("before"), 0U);
  AddDiagnosis({{"key", "9"}});
  const api::Diagnosis done = Run();
  EXPECT_THAT(Outcomes(done.status),
              ElementsAre("1 before Succeeded", "2 profiler Failed InvalidParameter"));
  EXPECT_EQ(done.status.operations[1].message, "key must be at most 9");
  EXPECT_EQ(runner.Runs("profiler"), 0U);
}

TEST_F(ExecutorTest, AMissingKeyFailsItsNodeWhenThatIsReached) {
  operation::OperationDescriptor needs = Module("needs");
  needs.parameters.push_back(Of(ParameterKind::kString));
  needs.parameters[0].required = true;
  Add("before", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  Add("other", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  Add(needs, [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {2, 3}, {}, {}}, {"before", "needs", "other"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_THAT(
      Outcomes(done.status),
      ElementsAre("1 before Succeeded", "2 needs Failed MissingParameter", "3 other Succeeded"));
  EXPECT_EQ(done.status.operations[1].message, "parameter key is missing");
  EXPECT_EQ(done.status.operations[1].attempts, 0);
}

TEST_F(ExecutorTest, AnEarlierResultSuppliesARequiredKey) {
  operation::OperationDescriptor needs = Module("needs");
  needs.parameters.push_back(Of(ParameterKind::kInteger));
  needs.parameters[0].required = true;
  Add("before", [](const operation::Job&, const std::stop_token&) {
    return Succeed({{"key", "5"}});
  });
  Add(needs, [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {2}, {}}, {"before", "needs"});
  AddDiagnosis();
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
}

TEST_F(ExecutorTest, WarnsOfKeysThatNoOperationReads) {
  Add("a", [](const operation::Job&, const std::stop_token&) { return Succeed(); });
  AddSet({{1}, {}}, {"a"});
  AddDiagnosis({{"unread", "1"}});
  Run();
  EXPECT_THAT(observer.warnings, ElementsAre("no operation of the set reads the parameter unread"));
}

}  // namespace
}  // namespace kubediag::diagnosis
