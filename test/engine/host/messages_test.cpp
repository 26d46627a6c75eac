#include "engine/host/messages.h"

#include <gtest/gtest.h>

namespace kubediag::host {
namespace {

operation::Job MakeJob() {
  operation::Job job;
  job.operation = "hello";
  job.parameters = {{"a", "1"}, {"b", std::string("\0x", 2)}};
  job.settings = {{"list", "2"}, {"list", "1"}};
  job.policy = {{"p", "q"}};
  job.secrets = {{"x.secret_reference.name", "token", "t"}};
  job.deadline = Deadline::FromMonotonicNanoseconds(12345);
  job.artifact_directory = 7;
  job.artifact_path = "/path";
  job.base_url = "http://h/";
  job.libexec_directory = "/libexec";
  job.restore = true;
  job.state = "state";
  return job;
}

operation::ModuleDescriptor MakeDescriptor() {
  operation::ParameterDescriptor parameter;
  parameter.key = "p";
  parameter.kind = operation::ParameterKind::kChoice;
  parameter.required = true;
  parameter.default_value = "";
  parameter.choices = {"", "x"};
  operation::OperationDescriptor operation;
  operation.name = "hello";
  operation.default_timeout = std::chrono::seconds(5);
  operation.required_features = 1;
  operation.optional_features = uint64_t{1} << 63;
  operation::ParameterDescriptor ranged;
  ranged.kind = operation::ParameterKind::kInteger;
  ranged.minimum = INT64_MIN;
  ranged.maximum = -1;
  operation::ParameterDescriptor url;
  url.kind = operation::ParameterKind::kUrl;
  url.base_url = true;
  operation.parameters = {parameter, {}, ranged, url};
  operation.secrets = {{"ns", "secret_reference.name", {"token", "ca.crt"}, "url", "sentence"}};
  operation.restorable = true;
  return {1, 0, {operation}};
}

TEST(Messages, JobComesBackWhole) {
  const auto decoded = DecodeJob(EncodeJob(MakeJob()));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  const operation::Job job = MakeJob();
  EXPECT_EQ(decoded->job.operation, job.operation);
  EXPECT_EQ(decoded->job.parameters, job.parameters);
  EXPECT_EQ(decoded->job.settings, job.settings);
  EXPECT_EQ(decoded->job.policy, job.policy);
  ASSERT_EQ(decoded->job.secrets.size(), 1U);
  EXPECT_EQ(decoded->job.secrets[0].value, "t");
  EXPECT_EQ(decoded->job.deadline.time(), job.deadline.time());
  EXPECT_TRUE(decoded->has_artifact_directory);
  EXPECT_FALSE(decoded->has_listen_socket);
  EXPECT_EQ(decoded->job.state, "state");
  EXPECT_TRUE(decoded->job.restore);
}

TEST(Messages, JobWithoutDeadlineHasNone) {
  operation::Job job;
  EXPECT_TRUE(DecodeJob(EncodeJob(job))->job.deadline.IsNever());
}

TEST(Messages, DescriptorComesBackWhole) {
  const auto decoded = DecodeDescriptor(EncodeDescriptor(MakeDescriptor()));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  ASSERT_EQ(decoded->operations.size(), 1U);
  const auto& operation = decoded->operations[0];
  EXPECT_EQ(operation.name, "hello");
  EXPECT_EQ(operation.default_timeout, std::chrono::seconds(5));
  EXPECT_EQ(operation.optional_features, uint64_t{1} << 63);
  ASSERT_EQ(operation.parameters.size(), 4U);
  EXPECT_EQ(operation.parameters[1].minimum, std::nullopt);
  EXPECT_EQ(operation.parameters[1].maximum, std::nullopt);
  EXPECT_FALSE(operation.parameters[1].base_url);
  EXPECT_EQ(operation.parameters[2].minimum, INT64_MIN);
  EXPECT_EQ(operation.parameters[2].maximum, -1);
  EXPECT_TRUE(operation.parameters[3].base_url);
  EXPECT_EQ(operation.parameters[0].default_value, "");
  EXPECT_EQ(operation.parameters[0].choices.size(), 2U);
  EXPECT_FALSE(operation.parameters[1].default_value.has_value());
  ASSERT_EQ(operation.secrets.size(), 1U);
  EXPECT_EQ(operation.secrets[0].data_keys[1], "ca.crt");
  EXPECT_EQ(operation.secrets[0].https_parameter, "url");
  EXPECT_EQ(operation.secrets[0].violation, "sentence");
  EXPECT_TRUE(operation.restorable);
}

TEST(Messages, NoPrefixDecodes) {
  const std::string job = EncodeJob(MakeJob());
  for (size_t size = 0; size < job.size(); ++size) {
    EXPECT_EQ(DecodeJob(std::string_view(job).substr(0, size)).status().reason(), "ProtocolError");
  }
  const std::string descriptor = EncodeDescriptor(MakeDescriptor());
  for (size_t size = 0; size < descriptor.size(); ++size) {
    EXPECT_FALSE(DecodeDescriptor(std::string_view(descriptor).substr(0, size)).ok());
  }
}

TEST(Messages, BytesLeftOverAreRefused) {
  EXPECT_EQ(DecodeJob(EncodeJob(MakeJob()) + "x").status().reason(), "ProtocolError");
}

TEST(Messages, CountsAreNotBelieved) {
  // Four billion pairs announced, none there.
  std::string body = EncodePair("", "").substr(0, 8);
  body += "\xff\xff\xff\xff";
  EXPECT_FALSE(DecodeJob(body).ok());
}

TEST(Messages, OkIsNoFailure) { EXPECT_FALSE(DecodeStatus(std::string(4 + 8 + 8, '\0')).ok()); }

TEST(Messages, StatusComesBack) {
  const Status status(StatusCode::kNotFound, "Why", "what");
  EXPECT_EQ(DecodeStatus(EncodeStatus(status))->value, status);
}

TEST(Messages, OtherProtocolVersionIsRefused) {
  EXPECT_TRUE(CheckHello(EncodeHello()).ok());
  EXPECT_EQ(CheckHello(std::string("\x09\0\0\0", 4)).reason(), "ProtocolError");
}

}  // namespace
}  // namespace kubediag::host
