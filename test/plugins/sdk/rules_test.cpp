// Defects(): one broken rule a test, each made from a module that is sound. The engine's own checks
// must agree on each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/rules.h>

#include "engine/operation/module_reader.h"
#include "engine/operation/text.h"

namespace kubediag::sdk {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ModuleDefects : public testing::Test {
 protected:
  ModuleDefects() {
    parameter_.struct_size = sizeof(parameter_);
    parameter_.key = View("sound.parameter");
    secret_.struct_size = sizeof(secret_);
    secret_.namespace_parameter = View("sound.secret_reference.namespace");
    secret_.name_parameter = View("sound.secret_reference.name");
    secret_.data_keys = &data_key_;
    secret_.data_key_count = 1;
    operation_.struct_size = sizeof(operation_);
    operation_.name = View("sound");
    operation_.parameters = parameters_;
    operation_.parameter_count = 1;
    operation_.secrets = &secret_pointer_;
    operation_.secret_count = 1;
    operation_.run = [](const kubediag_host*, const kubediag_job*) -> kubediag_code { return 0; };
    module_.struct_size = sizeof(module_);
    module_.abi_major = 1;
    module_.operations = operations_;
    module_.operation_count = 1;
  }
  void TearDown() override {
    EXPECT_EQ(Defects(&module_).empty(), operation::ReadModule(&module_).ok());
  }

  kubediag_string data_key_ = View("token");
  kubediag_parameter parameter_{};
  const kubediag_parameter* parameters_[2] = {&parameter_, &parameter_};
  kubediag_secret secret_{};
  const kubediag_secret* secret_pointer_ = &secret_;
  kubediag_operation operation_{};
  const kubediag_operation* operations_[2] = {&operation_, nullptr};
  kubediag_module module_{};
};

TEST_F(ModuleDefects, AreNoneInASoundModule) { EXPECT_THAT(Defects(&module_), IsEmpty()); }

TEST_F(ModuleDefects, NameAModuleThatDeclines) {
  EXPECT_THAT(Defects(nullptr), ElementsAre("the module declines this engine"));
}
TEST_F(ModuleDefects, NameAnotherMajorVersion) {
  module_.abi_major = 2;
  EXPECT_THAT(Defects(&module_), ElementsAre("it needs ABI 2.0"));
}
TEST_F(ModuleDefects, NameALaterMinorVersion) {
  module_.abi_minor = KUBEDIAG_ABI_MINOR + 1;
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("it needs ABI 1.")));
}
TEST_F(ModuleDefects, NameAModuleWithoutOperations) {
  module_.operation_count = 0;
  EXPECT_THAT(Defects(&module_), ElementsAre("it has no operation"));
}
TEST_F(ModuleDefects, NameANullOperation) {
  module_.operation_count = 2;
  EXPECT_THAT(Defects(&module_), ElementsAre("operation 1 is null"));
}
TEST_F(ModuleDefects, NameAnOperationDeclaredTwice) {
  operations_[1] = &operation_;
  module_.operation_count = 2;
  EXPECT_THAT(Defects(&module_), ElementsAre("sound: declared twice"));
}
TEST_F(ModuleDefects, NameAnOperationThatIsNoLabel) {
  for (const std::string& name : {std::string(), std::string("Upper"), std::string("-a"),
                                  std::string("a-"), std::string("a_b"), std::string(64, 'a')}) {
    operation_.name = View(name);
    EXPECT_THAT(Defects(&module_), ElementsAre(name + ": its name is not a DNS label"));
  }
  static const std::string longest(63, 'a');  // TearDown() looks at it again
  operation_.name = View(longest);
  EXPECT_THAT(Defects(&module_), IsEmpty());
}
TEST_F(ModuleDefects, NameAnOperationWithoutRun) {
  operation_.run = nullptr;
  EXPECT_THAT(Defects(&module_), ElementsAre("sound: it has no run()"));
}
TEST_F(ModuleDefects, NameTablesThatAreTooShort) {
  operation_.struct_size = offsetof(kubediag_operation, restore);
  EXPECT_THAT(Defects(&module_),
              ElementsAre("operation 0: struct_size is 136, it must be sizeof the table"));
  module_.struct_size = 0;
  EXPECT_THAT(Defects(&module_),
              ElementsAre("the module: struct_size is 0, it must be sizeof the table"));
}
TEST_F(ModuleDefects, NameARestoreThatCannotServe) {
  operation_.restore = operation_.run;
  EXPECT_THAT(Defects(&module_), ElementsAre("sound: restore() without SERVES_HTTP"));
  operation_.required_features = KUBEDIAG_FEATURE_SERVES_HTTP;
  EXPECT_THAT(Defects(&module_), IsEmpty());
}
TEST_F(ModuleDefects, NameUnknownRequiredFeaturesOnly) {
  operation_.optional_features = UINT64_C(1) << 63;
  EXPECT_THAT(Defects(&module_), IsEmpty());
  operation_.required_features = UINT64_C(1) << 40;
  EXPECT_THAT(Defects(&module_), ElementsAre("sound: unknown required feature bits 1099511627776"));
}
TEST_F(ModuleDefects, NameAFolderThatLeadsOut) {
  for (const char* path : {"/tmp", "..", "a/../../b", "a//b", "a/", "./a"}) {
    operation_.artifact_folder = View(path);
    EXPECT_THAT(Defects(&module_),
                ElementsAre("sound: its artifact folder is not a relative path"));
  }
}
TEST_F(ModuleDefects, NameANullParameterAndSecret) {
  parameters_[0] = nullptr;
  secret_pointer_ = nullptr;
  EXPECT_THAT(Defects(&module_),
              ElementsAre("sound: parameter 0 is null", "sound: secret 0 is null"));
}
TEST_F(ModuleDefects, NameAnUnknownKind) {
  parameter_.kind = 5;
  EXPECT_THAT(Defects(&module_), ElementsAre("sound: parameter sound.parameter: unknown kind 5"));
}
TEST_F(ModuleDefects, NameADefaultOfAnotherKind) {
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  parameter_.default_value = View("ten");
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("its default is not of its kind")));
}
TEST_F(ModuleDefects, AreNoneInTablesOfVersion10) {
  parameter_.struct_size = 96;
  secret_.struct_size = 56;
  // Beyond struct_size: not to be read.
  parameter_.minimum = 9;
  parameter_.maximum = 1;
  secret_.https_parameter = View("unknown");
  secret_.violation = View("\xFF");
  EXPECT_THAT(Defects(&module_), IsEmpty());
}
TEST_F(ModuleDefects, NameABoundThatTheTableIsTooShortFor) {
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MINIMUM;
  parameter_.struct_size = 103;
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("holds no minimum or maximum")));
  parameter_.struct_size = 104;
  EXPECT_THAT(Defects(&module_), IsEmpty());
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MAXIMUM;
  parameter_.struct_size = 111;
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("holds no minimum or maximum")));
}
TEST_F(ModuleDefects, NameAMinimumAboveTheMaximum) {
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MINIMUM | KUBEDIAG_PARAMETER_HAS_MAXIMUM;
  EXPECT_THAT(Defects(&module_), IsEmpty());
  parameter_.minimum = 1;
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("its minimum is above its maximum")));
}
TEST_F(ModuleDefects, NameARangeOfAnotherKind) {
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MAXIMUM;
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("a range belongs to kind integer")));
}
TEST_F(ModuleDefects, NameABaseUrlOfAnotherKind) {
  parameter_.flags = KUBEDIAG_PARAMETER_BASE_URL;
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("BASE_URL belongs to kind url")));
  parameter_.kind = KUBEDIAG_KIND_URL;
  EXPECT_THAT(Defects(&module_), IsEmpty());
}
TEST_F(ModuleDefects, NameADefaultOutsideItsRange) {
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MAXIMUM;
  parameter_.maximum = 9;
  parameter_.default_value = View("9");
  EXPECT_THAT(Defects(&module_), IsEmpty());
  parameter_.default_value = View("10");
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("its default must be at most 9")));
}
TEST_F(ModuleDefects, NameADefaultThatIsNoBaseUrl) {
  parameter_.kind = KUBEDIAG_KIND_URL;
  parameter_.flags = KUBEDIAG_PARAMETER_BASE_URL;
  parameter_.default_value = View("http://h/?q");
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("its default must be a base URL")));
}
TEST_F(ModuleDefects, NameAnHttpsParameterThatIsNoDeclaredUrl) {
  secret_.https_parameter = View("sound.parameter");
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("its https_parameter is no declared URL")));
  parameter_.kind = KUBEDIAG_KIND_URL;
  EXPECT_THAT(Defects(&module_), IsEmpty());
  secret_.https_parameter = View("sound.other");
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("its https_parameter is no declared URL")));
}
TEST_F(ModuleDefects, NameASecretsTextThatIsNotUtf8) {
  secret_.violation = View("\xFF");
  EXPECT_THAT(Defects(&module_), ElementsAre("sound: secret 0: a text is not UTF-8"));
}
TEST_F(ModuleDefects, NameAChoiceWithoutChoicesAndChoicesWithoutChoice) {
  parameter_.kind = KUBEDIAG_KIND_CHOICE;
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("choices belong to kind choice")));
  parameter_.kind = KUBEDIAG_KIND_STRING;
  parameter_.choices = &data_key_;
  parameter_.choice_count = 1;
  EXPECT_THAT(Defects(&module_), ElementsAre(HasSubstr("choices belong to kind choice")));
}
TEST_F(ModuleDefects, NameASecretKeyWithAnotherEnding) {
  secret_.name_parameter = View("sound.secret.name");
  EXPECT_THAT(Defects(&module_),
              ElementsAre("sound: secret 0: the parameter that names it must end in "
                          "secret_reference.name"));
}
TEST_F(ModuleDefects, NameASecretWithoutDataKeys) {
  secret_.data_key_count = 0;
  EXPECT_THAT(Defects(&module_),
              ElementsAre(HasSubstr("lacks a namespace parameter or data keys")));
}
TEST_F(ModuleDefects, NameTextsThatAreNotUtf8) {
  operation_.doc = View("\xFF");
  parameter_.violation = View("\xFF");
  EXPECT_THAT(Defects(&module_), ElementsAre("sound: a text is not UTF-8",
                                             HasSubstr("sound.parameter: a text is not UTF-8")));
}

TEST_F(ModuleDefects, NameAParameterDeclaredTwice) {
  operation_.parameter_count = 2;
  EXPECT_THAT(Defects(&module_), ElementsAre("sound: parameter sound.parameter is declared twice"));
}

// Texts on both sides of each rule.
class TextRules : public testing::TestWithParam<std::string> {};

TEST_P(TextRules, AreTheEnginesOwn) {
  const std::string text = GetParam();
  EXPECT_EQ(IsKey(text), operation::IsKey(text));
  EXPECT_EQ(IsOperationName(text), operation::IsOperationName(text));
  EXPECT_EQ(IsReason(text), operation::IsReason(text));
  EXPECT_EQ(IsRelativePath(text), operation::IsRelativePath(text));
  EXPECT_EQ(IsUtf8(text), operation::IsUtf8(text));
  EXPECT_EQ(IsUrl(text), operation::IsUrl(text));
}

INSTANTIATE_TEST_SUITE_P(
    All, TextRules,
    testing::Values("", "a", "A", "-", "a-", "-a", "a.b_c-9", "a/b", "/", "a/", "a//b", ".", "..",
                    "a/../b", "a/..b", "Two words", "OneWord", "Word9", "9Word", "a b", "a\nb",
                    std::string("a\0b", 3), "a\x7F", "\xC3\xBC", "\x80", "\xC0\x80", "\xE0\x80\x80",
                    "\xE2\x82\xAC", "\xE2\x82", "\xED\xA0\x80", "\xEF\xBF\xBD", "\xF0\x80\x80\x80",
                    "\xF0\x9F\x92\xBE", "\xF4\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                    std::string(63, 'a'), std::string(64, 'a'), std::string(253, 'a'),
                    std::string(254, 'a'), "http://", "http://h", "https://h:1/p?q#f", "HTTP://h",
                    "http://u@h", "http://h/@", "http://:80", "http:///p", "http://h h", "ftp://h",
                    "http://\xC3\xBC", "http://[::1]:80/", "http://h:", "http://h:0",
                    "http://h:65535", "http://h:65536", "http://h:x", "http://[::1]",
                    "http://[::1]:99999", "http://[", "http://::1"));

}  // namespace
}  // namespace kubediag::sdk
