#include "engine/operation/module_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kubediag::operation {
namespace {

using testing::HasSubstr;

kubediag_string View(std::string_view text) { return {text.data(), text.size()}; }

// A good module whose tables a test may spoil one by one.
class ModuleReader : public testing::Test {
 protected:
  ModuleReader() {
    parameter_.struct_size = sizeof parameter_;
    parameter_.key = View("hello.name");
    secret_.struct_size = sizeof secret_;
    secret_.namespace_parameter = View("hello.secret_reference.namespace");
    secret_.name_parameter = View("hello.secret_reference.name");
    secret_.data_keys = &data_key_;
    secret_.data_key_count = 1;
    operation_.struct_size = sizeof operation_;
    operation_.name = View("hello");
    operation_.version = View("1.0");
    operation_.parameters = parameters_;
    operation_.parameter_count = 1;
    operation_.secrets = secrets_;
    operation_.secret_count = 1;
    operation_.run = [](const kubediag_host*, const kubediag_job*) -> kubediag_code { return 0; };
    module_.struct_size = sizeof module_;
    module_.abi_major = KUBEDIAG_ABI_MAJOR;
    module_.operations = operations_;
    module_.operation_count = 1;
  }

  void ExpectDefect(const std::string& reason, const std::string& message) {
    const auto descriptor = ReadModule(&module_);
    ASSERT_FALSE(descriptor.ok());
    EXPECT_EQ(descriptor.status().reason(), reason) << descriptor.status().message();
    EXPECT_THAT(descriptor.status().message(), HasSubstr(message));
  }

  kubediag_string data_key_ = View("token");
  kubediag_parameter parameter_{};
  kubediag_secret secret_{};
  kubediag_operation operation_{};
  kubediag_module module_{};
  const kubediag_parameter* parameters_[1] = {&parameter_};
  const kubediag_secret* secrets_[1] = {&secret_};
  const kubediag_operation* operations_[1] = {&operation_};
};

TEST_F(ModuleReader, ReadsAGoodModule) {
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  parameter_.flags = KUBEDIAG_PARAMETER_REQUIRED;
  parameter_.default_value = View("+7");
  operation_.default_timeout = 5'000'000'000;
  operation_.optional_features = UINT64_C(1) << 50;  // unknown and optional: no matter
  const auto descriptor = ReadModule(&module_);
  ASSERT_TRUE(descriptor.ok()) << descriptor.status().ToString();
  const OperationDescriptor& operation = descriptor->operations.at(0);
  EXPECT_EQ(operation.name, "hello");
  EXPECT_EQ(operation.default_timeout, std::chrono::seconds(5));
  EXPECT_EQ(operation.parameters.at(0).key, "hello.name");
  EXPECT_EQ(operation.parameters[0].default_value, "+7");
  EXPECT_TRUE(operation.parameters[0].required);
  EXPECT_EQ(operation.secrets.at(0).data_keys, std::vector<std::string>{"token"});
}

TEST_F(ModuleReader, TableOfALaterVersionIsReadAsFarAsKnown) {
  operation_.struct_size += 64;
  struct Longer {
    kubediag_operation known;
    char unknown[64];
  } longer{operation_, {}};
  operations_[0] = &longer.known;
  EXPECT_TRUE(ReadModule(&module_).ok());
}

TEST_F(ModuleReader, NamesShortTables) {
  parameter_.struct_size = 4;
  ExpectDefect("ShortStruct", "operation hello: parameters[0].struct_size is 4");
  parameter_.struct_size = UINT32_MAX;
  ExpectDefect("ShortStruct", "4294967295");
}

TEST_F(ModuleReader, NamesNullEntries) {
  parameters_[0] = nullptr;
  ExpectDefect("NullEntry", "operation hello: parameters[0] is null");
  operation_.parameters = nullptr;
  ExpectDefect("NullEntry", "operation hello: parameters is null");
}

TEST_F(ModuleReader, CountsAreCapped) {
  operation_.parameter_count = SIZE_MAX;
  ExpectDefect("TooManyEntries", "parameters has 18446744073709551615 entries");
}

TEST_F(ModuleReader, NeedsAnOperation) {
  module_.operation_count = 0;
  ExpectDefect("NoOperations", "no operation");
}

TEST_F(ModuleReader, TextsHaveDataAndUtf8AndALength) {
  operation_.version = {nullptr, 3};
  ExpectDefect("BadText", "version has a size but no data");
  operation_.version = View("\xff");
  ExpectDefect("BadText", "version is not UTF-8");
  const std::string longer(5000, 'x');
  operation_.version = View(longer);
  ExpectDefect("BadText", "version has 5000 bytes");
}

TEST_F(ModuleReader, RestoreBelongsToServing) {
  operation_.restore = operation_.run;
  ExpectDefect("HalfGroup", "restore() without");
  operation_.optional_features = KUBEDIAG_FEATURE_SERVES_HTTP;
  EXPECT_TRUE(ReadModule(&module_).ok());
}

TEST_F(ModuleReader, ArtifactFolderStaysBeneath) {
  operation_.artifact_folder = View("../etc");
  ExpectDefect("BadArtifactFolder", "not a relative path");
}

TEST_F(ModuleReader, ParameterKeysAreUnique) {
  const kubediag_parameter* twice[] = {&parameter_, &parameter_};
  operation_.parameters = twice;
  operation_.parameter_count = 2;
  ExpectDefect("DuplicateParameter", "hello.name is declared twice");
}

TEST_F(ModuleReader, ParametersAreWellFormed) {
  parameter_.kind = 77;
  ExpectDefect("BadParameter", "unknown kind 77");
  parameter_.kind = KUBEDIAG_KIND_CHOICE;
  ExpectDefect("BadParameter", "choices");
  const kubediag_string choices[] = {View("a"), View("b")};
  parameter_.choices = choices;
  parameter_.choice_count = 2;
  parameter_.default_value = View("c");
  ExpectDefect("BadParameter", "default is not of its kind");
  parameter_.default_value = View("b");
  EXPECT_TRUE(ReadModule(&module_).ok());
  parameter_.kind = KUBEDIAG_KIND_STRING;
  ExpectDefect("BadParameter", "only there");
  parameter_.choice_count = 0;
  parameter_.key = View("a key");
  ExpectDefect("BadParameter", "\"a key\"");
}

TEST_F(ModuleReader, TablesOfVersion10HaveNothingOfLaterOnes) {
  parameter_.struct_size = 96;
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  secret_.struct_size = 56;
  // Beyond struct_size: not to be read.
  parameter_.minimum = 9;
  parameter_.maximum = 1;
  secret_.https_parameter = View("unknown");
  secret_.violation = View("\xff");
  const auto descriptor = ReadModule(&module_);
  ASSERT_TRUE(descriptor.ok()) << descriptor.status().ToString();
  const OperationDescriptor& operation = descriptor->operations.at(0);
  EXPECT_EQ(operation.parameters.at(0).minimum, std::nullopt);
  EXPECT_EQ(operation.parameters[0].maximum, std::nullopt);
  EXPECT_FALSE(operation.parameters[0].base_url);
  EXPECT_EQ(operation.secrets.at(0).https_parameter, "");
  EXPECT_EQ(operation.secrets[0].violation, "");
  parameter_.struct_size = 95;
  ExpectDefect("ShortStruct", "ABI 1.0 has 96 bytes");
}

TEST_F(ModuleReader, RangesAreReadWhereTheFlagsSaySo) {
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  parameter_.minimum = -1;
  parameter_.maximum = 3600;
  EXPECT_EQ(ReadModule(&module_)->operations[0].parameters[0].minimum, std::nullopt);
  EXPECT_EQ(ReadModule(&module_)->operations[0].parameters[0].maximum, std::nullopt);
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MINIMUM | KUBEDIAG_PARAMETER_HAS_MAXIMUM;
  EXPECT_EQ(ReadModule(&module_)->operations[0].parameters[0].minimum, -1);
  EXPECT_EQ(ReadModule(&module_)->operations[0].parameters[0].maximum, 3600);
  parameter_.minimum = 3600;
  EXPECT_TRUE(ReadModule(&module_).ok());
  parameter_.minimum = 3601;
  ExpectDefect("BadParameter", "hello.name: its minimum 3601 is above its maximum 3600");
}

TEST_F(ModuleReader, ABoundNeedsATableThatHoldsIt) {
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MINIMUM;
  parameter_.struct_size = 96;
  ExpectDefect("BadParameter", "has a minimum by its flags, but its struct_size 96 holds none");
  parameter_.struct_size = 104;
  EXPECT_TRUE(ReadModule(&module_).ok());
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MAXIMUM;
  ExpectDefect("BadParameter", "has a maximum by its flags, but its struct_size 104 holds none");
  parameter_.struct_size = 112;
  EXPECT_TRUE(ReadModule(&module_).ok());
  // A flag without a value needs no room.
  parameter_.kind = KUBEDIAG_KIND_URL;
  parameter_.flags = KUBEDIAG_PARAMETER_BASE_URL;
  parameter_.struct_size = 96;
  EXPECT_TRUE(ReadModule(&module_)->operations[0].parameters[0].base_url);
}

TEST_F(ModuleReader, RangesAndBaseUrlsBelongToTheirKinds) {
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MINIMUM;
  ExpectDefect("BadParameter", "a range belongs to the kind integer");
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MAXIMUM;
  parameter_.kind = KUBEDIAG_KIND_URL;
  ExpectDefect("BadParameter", "a range belongs to the kind integer");
  parameter_.flags = KUBEDIAG_PARAMETER_BASE_URL;
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  ExpectDefect("BadParameter", "BASE_URL belongs to the kind url");
}

TEST_F(ModuleReader, DefaultsKeepToTheirRange) {
  parameter_.kind = KUBEDIAG_KIND_INTEGER;
  parameter_.flags = KUBEDIAG_PARAMETER_HAS_MAXIMUM;
  parameter_.maximum = 9;
  parameter_.default_value = View("9");
  EXPECT_TRUE(ReadModule(&module_).ok());
  parameter_.default_value = View("10");
  ExpectDefect("BadParameter", "its default must be at most 9");
  parameter_.default_value = View("-9223372036854775809");
  ExpectDefect("BadParameter", "its default is not of its kind");
  parameter_.kind = KUBEDIAG_KIND_URL;
  parameter_.flags = KUBEDIAG_PARAMETER_BASE_URL;
  parameter_.default_value = View("http://h/#f");
  ExpectDefect("BadParameter", "its default is no base URL");
}

TEST_F(ModuleReader, ASecretIsDemandedByADeclaredUrl) {
  secret_.https_parameter = View("hello.name");
  ExpectDefect("BadSecretKey", "\"hello.name\" is a parameter, but no URL");
  secret_.https_parameter = View("hello.nam");
  ExpectDefect("BadSecretKey", "\"hello.nam\" is no parameter of the operation");
  secret_.https_parameter = View("hello.name");
  secret_.violation = View("Must name a Secret.");
  parameter_.kind = KUBEDIAG_KIND_URL;
  const auto descriptor = ReadModule(&module_);
  ASSERT_TRUE(descriptor.ok()) << descriptor.status().ToString();
  EXPECT_EQ(descriptor->operations[0].secrets.at(0).https_parameter, "hello.name");
  EXPECT_EQ(descriptor->operations[0].secrets[0].violation, "Must name a Secret.");
  // A table that ends between the two.
  secret_.struct_size = 72;
  EXPECT_EQ(ReadModule(&module_)->operations[0].secrets[0].https_parameter, "hello.name");
  EXPECT_EQ(ReadModule(&module_)->operations[0].secrets[0].violation, "");
}

TEST_F(ModuleReader, SecretsNameTheirParametersAndKeys) {
  secret_.namespace_parameter = View("");
  ExpectDefect("BadSecretKey", "namespace_parameter");
  secret_.namespace_parameter = View("ns");
  secret_.data_key_count = 0;
  ExpectDefect("BadSecretKey", "data_keys");
}

}  // namespace
}  // namespace kubediag::operation
