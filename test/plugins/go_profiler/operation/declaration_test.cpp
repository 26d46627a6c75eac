#include "plugins/go_profiler/operation/declaration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "plugins/go_profiler/operation/profile_type.h"

namespace kubediag::go_profiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::map<std::string, Parameter> Declared() {
  const Declaration declaration = MakeDeclaration();
  std::map<std::string, Parameter> declared;
  for (const Parameter& parameter : declaration.parameters()) {
    declared.emplace(parameter.key(), parameter);
  }
  return declared;
}

constexpr char kPrefix[] = "param.diagnoser.runtime.go_profiler.";

// KubeDiag 0.2's keys, defaults and sentences; manifests and scripts rely on them.
TEST(Declaration, HasKubeDiagsKeysAndDefaults) {
  const auto declared = Declared();
  ASSERT_EQ(declared.size(), 6U);
  const auto at = [&](const char* name) { return declared.at(std::string(kPrefix) + name); };
  EXPECT_EQ(at("expiration_seconds").default_value(), "7200");
  EXPECT_EQ(at("expiration_seconds").kind(), KUBEDIAG_KIND_INTEGER);
  EXPECT_EQ(at("tls.secret_reference.namespace").default_value(), "default");
  EXPECT_EQ(at("tls.secret_reference.name").default_value(), std::nullopt);
  EXPECT_EQ(at("seconds").default_value(), std::nullopt);
}

TEST(Declaration, LeavesNothingToTheRunThatCanBeToldBeforehand) {
  const auto declared = Declared();
  const Parameter& expiration = declared.at(std::string(kPrefix) + "expiration_seconds");
  EXPECT_EQ(expiration.flags(), KUBEDIAG_PARAMETER_HAS_MAXIMUM);  // 0 or less means the default
  EXPECT_EQ(expiration.maximum(), 2592000);
  const Parameter& seconds = declared.at(std::string(kPrefix) + "seconds");
  EXPECT_EQ(seconds.flags(), KUBEDIAG_PARAMETER_HAS_MINIMUM | KUBEDIAG_PARAMETER_HAS_MAXIMUM);
  EXPECT_EQ(seconds.minimum(), 1);
  EXPECT_EQ(seconds.maximum(), 3600);
  EXPECT_EQ(declared.at(std::string(kPrefix) + "source").flags(),
            KUBEDIAG_PARAMETER_REQUIRED | KUBEDIAG_PARAMETER_BASE_URL);
}

TEST(Declaration, HasKubeDiagsSentences) {
  const auto declared = Declared();
  const Parameter& type = declared.at(std::string(kPrefix) + "type");
  EXPECT_EQ(type.violation(),
            "Go profiler type must be Profile, Heap, Goroutine, Allocs, Block, Mutex or "
            "Threadcreate.");
  for (const std::string& name : ProfileTypeNames()) EXPECT_THAT(type.violation(), HasSubstr(name));
  EXPECT_EQ(type.flags(), KUBEDIAG_PARAMETER_REQUIRED);
  EXPECT_THAT(type.choices(), ElementsAre("Profile", "Heap", "Goroutine", "Allocs", "Block",
                                          "Mutex", "Threadcreate"));
  EXPECT_EQ(declared.at(std::string(kPrefix) + "source").violation(),
            "Must specify go profiler source.");
  EXPECT_EQ(declared.at(std::string(kPrefix) + "source").kind(), KUBEDIAG_KIND_URL);
}

TEST(Declaration, AsksForTokenAndCaOfOneSecret) {
  const Declaration declaration = MakeDeclaration();
  ASSERT_EQ(declaration.secrets().size(), 1U);
  const Secret& secret = declaration.secrets()[0];
  EXPECT_EQ(secret.namespace_parameter,
            "param.diagnoser.runtime.go_profiler.tls.secret_reference.namespace");
  EXPECT_EQ(secret.name_parameter, "param.diagnoser.runtime.go_profiler.tls.secret_reference.name");
  EXPECT_THAT(secret.data_keys, ElementsAre("token", "ca.crt"));
  EXPECT_EQ(secret.https_parameter, "param.diagnoser.runtime.go_profiler.source");
  EXPECT_EQ(secret.violation, "Must specify secretReference name when souce is https.");
  EXPECT_EQ(declaration.artifact_folder(), "profilers/go/pprof");
}

TEST(ProfileType, NamesAreCaseSensitive) {
  EXPECT_NE(FindProfileType("Heap"), nullptr);
  EXPECT_EQ(FindProfileType("heap"), nullptr);
  EXPECT_EQ(FindProfileType(""), nullptr);
}

}  // namespace
}  // namespace kubediag::go_profiler
