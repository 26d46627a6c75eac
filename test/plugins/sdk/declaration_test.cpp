// A Declaration arrives in the C tables as it was written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/declaration.h>
#include <kubediag/fake_host.h>

namespace kubediag {
namespace {

using sdk::View;

class DeclarationTable : public testing::Test {
 protected:
  const kubediag_parameter& Find(std::string_view key) const {
    for (size_t i = 0; i < scripted_.parameter_count; ++i) {
      if (View(scripted_.parameters[i]->key) == key) return *scripted_.parameters[i];
    }
    throw std::logic_error("no such parameter");
  }

  const kubediag_operation& scripted_ = *kubediag_operation_module_v1(1, 0)->operations[0];
};

TEST_F(DeclarationTable, HasTheTextsAndSizes) {
  EXPECT_EQ(scripted_.struct_size, sizeof(kubediag_operation));
  EXPECT_EQ(View(scripted_.name), "scripted");
  EXPECT_EQ(View(scripted_.version), "2.5");
  EXPECT_EQ(View(scripted_.doc), "Does what a test says.");
  EXPECT_EQ(View(scripted_.artifact_folder), "test/scripted");
  EXPECT_EQ(scripted_.default_timeout, 7'000'000'000U);
  EXPECT_EQ(scripted_.parameter_count, 7U);
}

TEST_F(DeclarationTable, HasDemandsAsRequiredAndHintsAsOptionalFeatures) {
  EXPECT_EQ(scripted_.required_features, KUBEDIAG_FEATURE_NETWORK | KUBEDIAG_FEATURE_SERVES_HTTP);
  EXPECT_EQ(scripted_.optional_features, KUBEDIAG_FEATURE_REPEATABLE);
  const Declaration other = Declaration("x").HostPid().Spawns().OpenParameters();
  EXPECT_EQ(other.required_features(), KUBEDIAG_FEATURE_HOST_PID | KUBEDIAG_FEATURE_SPAWNS);
  EXPECT_EQ(other.optional_features(), KUBEDIAG_FEATURE_OPEN_PARAMETERS);
}

TEST_F(DeclarationTable, TellsAnEmptyDefaultFromNone) {
  EXPECT_EQ(Find("scripted.text").default_value.data, nullptr);
  EXPECT_NE(Find("scripted.empty").default_value.data, nullptr);
  EXPECT_EQ(Find("scripted.empty").default_value.size, 0U);
  EXPECT_EQ(View(Find("scripted.integer").default_value), "42");
}

TEST_F(DeclarationTable, HasKindsFlagsAndSentences) {
  EXPECT_EQ(Find("scripted.text").kind, KUBEDIAG_KIND_STRING);
  EXPECT_EQ(Find("scripted.integer").kind, KUBEDIAG_KIND_INTEGER);
  EXPECT_EQ(Find("scripted.boolean").kind, KUBEDIAG_KIND_BOOLEAN);
  EXPECT_EQ(Find("scripted.choice").kind, KUBEDIAG_KIND_CHOICE);
  EXPECT_EQ(Find("scripted.url").kind, KUBEDIAG_KIND_URL);
  EXPECT_EQ(Find("scripted.text").flags, 0U);
  EXPECT_EQ(Find("scripted.earlier").flags,
            KUBEDIAG_PARAMETER_REQUIRED | KUBEDIAG_PARAMETER_FROM_RESULTS);
  EXPECT_EQ(View(Find("scripted.text").doc), "Any text.");
  EXPECT_EQ(View(Find("scripted.integer").violation), "not a number, sorry");
}

TEST_F(DeclarationTable, HasTheChoices) {
  const kubediag_parameter& choice = Find("scripted.choice");
  ASSERT_EQ(choice.choice_count, 2U);
  EXPECT_EQ(View(choice.choices[0]), "Heap");
  EXPECT_EQ(View(choice.choices[1]), "Profile");
}

TEST(RangedDeclarationTable, HasRangesAndTheUrlThatDemandsTheSecret) {
  const kubediag_module& module = *kubediag_operation_module_v1(1, 1);
  const kubediag_operation& ranged = *module.operations[module.operation_count - 1];
  ASSERT_EQ(View(ranged.name), "ranged");
  const kubediag_parameter* const* parameters = ranged.parameters;
  EXPECT_EQ(parameters[0]->struct_size, sizeof(kubediag_parameter));
  EXPECT_EQ(parameters[0]->flags, KUBEDIAG_PARAMETER_HAS_MINIMUM | KUBEDIAG_PARAMETER_HAS_MAXIMUM);
  EXPECT_EQ(parameters[0]->minimum, 1);
  EXPECT_EQ(parameters[0]->maximum, 3600);
  EXPECT_EQ(parameters[1]->flags, KUBEDIAG_PARAMETER_HAS_MINIMUM);
  EXPECT_EQ(parameters[1]->minimum, -5);
  EXPECT_EQ(parameters[2]->flags, KUBEDIAG_PARAMETER_HAS_MAXIMUM);
  EXPECT_EQ(parameters[3]->flags, 0U);
  EXPECT_EQ(parameters[4]->flags, KUBEDIAG_PARAMETER_BASE_URL);
  EXPECT_EQ(View(ranged.secrets[0]->https_parameter), "ranged.url");
  EXPECT_EQ(View(ranged.secrets[0]->violation), "Must name a Secret.");
  EXPECT_EQ(View(ranged.secrets[1]->violation), "");
}

TEST_F(DeclarationTable, HasTheSecret) {
  ASSERT_EQ(scripted_.secret_count, 1U);
  const kubediag_secret& secret = *scripted_.secrets[0];
  EXPECT_EQ(secret.struct_size, sizeof(kubediag_secret));
  EXPECT_EQ(View(secret.namespace_parameter), "scripted.secret_reference.namespace");
  EXPECT_EQ(View(secret.name_parameter), "scripted.secret_reference.name");
  ASSERT_EQ(secret.data_key_count, 2U);
  EXPECT_EQ(View(secret.data_keys[1]), "ca.crt");
}

}  // namespace
}  // namespace kubediag
