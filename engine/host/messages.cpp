#include "engine/host/messages.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/core/byte_codec.h"
#include "engine/core/limits.h"
#include "engine/host/frame.h"

namespace kubediag::host {
namespace {

using operation::Job;
using operation::ModuleDescriptor;
using operation::OperationDescriptor;
using operation::ParameterDescriptor;
using operation::ParameterKind;
using operation::SecretDescriptor;

constexpr size_t kTextBytes = 8;  // least an encoded text takes

// Ok if everything was there and nothing is left over.
Status Finish(const ByteReader& reader, std::string_view what) {
  if (reader.AtEnd()) return {};
  return {StatusCode::kDataLoss, "ProtocolError",
          "malformed " + std::string(what) + (reader.ok() ? ": bytes left over" : ": cut off")};
}

template <typename Pairs>
void PutPairs(ByteWriter& writer, const Pairs& pairs) {
  writer.U32(static_cast<uint32_t>(pairs.size()));
  for (const auto& [key, value] : pairs) {
    writer.Text(key);
    writer.Text(value);
  }
}

std::vector<std::pair<std::string, std::string>> GetPairs(ByteReader& reader) {
  std::vector<std::pair<std::string, std::string>> pairs(reader.Count(2 * kTextBytes));
  for (auto& [key, value] : pairs) {
    key = reader.Text();
    value = reader.Text();
  }
  return pairs;
}

void PutTexts(ByteWriter& writer, const std::vector<std::string>& texts) {
  writer.U32(static_cast<uint32_t>(texts.size()));
  for (const std::string& text : texts) writer.Text(text);
}

std::vector<std::string> GetTexts(ByteReader& reader) {
  std::vector<std::string> texts(reader.Count(kTextBytes));
  for (std::string& text : texts) text = reader.Text();
  return texts;
}

void PutBound(ByteWriter& writer, const std::optional<int64_t>& bound) {
  writer.Bool(bound.has_value());
  writer.U64(static_cast<uint64_t>(bound.value_or(0)));
}

std::optional<int64_t> GetBound(ByteReader& reader) {
  const bool has_bound = reader.Bool();
  const auto bound = static_cast<int64_t>(reader.U64());
  return has_bound ? std::optional<int64_t>(bound) : std::nullopt;
}

void PutParameter(ByteWriter& writer, const ParameterDescriptor& parameter) {
  writer.Text(parameter.key);
  writer.U32(static_cast<uint32_t>(parameter.kind));
  writer.Bool(parameter.required);
  writer.Bool(parameter.from_results);
  writer.Bool(parameter.default_value.has_value());
  writer.Text(parameter.default_value.value_or(""));
  writer.Text(parameter.doc);
  writer.Text(parameter.violation);
  PutTexts(writer, parameter.choices);
  PutBound(writer, parameter.minimum);
  PutBound(writer, parameter.maximum);
  writer.Bool(parameter.base_url);
}

ParameterDescriptor GetParameter(ByteReader& reader) {
  ParameterDescriptor parameter;
  parameter.key = reader.Text();
  const uint32_t kind = reader.U32();
  parameter.kind = kind <= static_cast<uint32_t>(ParameterKind::kUrl)
                       ? static_cast<ParameterKind>(kind)
                       : ParameterKind::kString;
  parameter.required = reader.Bool();
  parameter.from_results = reader.Bool();
  const bool has_default = reader.Bool();
  std::string default_value = reader.Text();
  if (has_default) parameter.default_value = std::move(default_value);
  parameter.doc = reader.Text();
  parameter.violation = reader.Text();
  parameter.choices = GetTexts(reader);
  parameter.minimum = GetBound(reader);
  parameter.maximum = GetBound(reader);
  parameter.base_url = reader.Bool();
  return parameter;
}

void PutOperation(ByteWriter& writer, const OperationDescriptor& operation) {
  writer.Text(operation.name);
  writer.Text(operation.version);
  writer.Text(operation.doc);
  writer.U64(static_cast<uint64_t>(operation.default_timeout.count()));
  writer.U64(operation.required_features);
  writer.U64(operation.optional_features);
  writer.Text(operation.artifact_folder);
  writer.Bool(operation.restorable);
  writer.U32(static_cast<uint32_t>(operation.parameters.size()));
  for (const ParameterDescriptor& parameter : operation.parameters) PutParameter(writer, parameter);
  writer.U32(static_cast<uint32_t>(operation.secrets.size()));
  for (const SecretDescriptor& secret : operation.secrets) {
    writer.Text(secret.namespace_parameter);
    writer.Text(secret.name_parameter);
    PutTexts(writer, secret.data_keys);
    writer.Text(secret.https_parameter);
    writer.Text(secret.violation);
  }
}

std::chrono::nanoseconds GetDuration(ByteReader& reader) {
  constexpr auto kLongest = static_cast<uint64_t>(std::chrono::nanoseconds::max().count());
  return std::chrono::nanoseconds(static_cast<int64_t>(std::min(reader.U64(), kLongest)));
}

OperationDescriptor GetOperation(ByteReader& reader) {
  OperationDescriptor operation;
  operation.name = reader.Text();
  operation.version = reader.Text();
  operation.doc = reader.Text();
  operation.default_timeout = GetDuration(reader);
  operation.required_features = reader.U64();
  operation.optional_features = reader.U64();
  operation.artifact_folder = reader.Text();
  operation.restorable = reader.Bool();
  const size_t parameters = reader.Count(4 * kTextBytes);
  for (size_t i = 0; i < parameters && reader.ok(); ++i) {
    operation.parameters.push_back(GetParameter(reader));
  }
  operation.secrets.resize(reader.Count(4 * kTextBytes));
  for (SecretDescriptor& secret : operation.secrets) {
    secret.namespace_parameter = reader.Text();
    secret.name_parameter = reader.Text();
    secret.data_keys = GetTexts(reader);
    secret.https_parameter = reader.Text();
    secret.violation = reader.Text();
  }
  return operation;
}

}  // namespace

std::string EncodeJob(const Job& job) {
  ByteWriter writer;
  writer.Text(job.operation);
  PutPairs(writer, job.parameters);
  PutPairs(writer, job.settings);
  PutPairs(writer, job.policy);
  writer.U32(static_cast<uint32_t>(job.secrets.size()));
  for (const operation::SecretValue& secret : job.secrets) {
    writer.Text(secret.name_parameter);
    writer.Text(secret.data_key);
    writer.Text(secret.value);
  }
  writer.U64(job.deadline.ToMonotonicNanoseconds());
  writer.Bool(job.artifact_directory >= 0);
  writer.Bool(job.listen_socket >= 0);
  writer.Text(job.artifact_path);
  writer.Text(job.base_url);
  writer.Text(job.libexec_directory);
  writer.Bool(job.restore);
  writer.Text(job.state);
  return std::move(writer).bytes();
}

Result<JobMessage> DecodeJob(std::string_view body) {
  ByteReader reader(body);
  JobMessage message;
  Job& job = message.job;
  job.operation = reader.Text();
  for (auto& [key, value] : GetPairs(reader)) {
    job.parameters.emplace_hint(job.parameters.end(), std::move(key), std::move(value));
  }
  job.settings = GetPairs(reader);
  job.policy = GetPairs(reader);
  job.secrets.resize(reader.Count(3 * kTextBytes));
  for (operation::SecretValue& secret : job.secrets) {
    secret.name_parameter = reader.Text();
    secret.data_key = reader.Text();
    secret.value = reader.Text();
  }
  job.deadline = Deadline::FromMonotonicNanoseconds(reader.U64());
  message.has_artifact_directory = reader.Bool();
  message.has_listen_socket = reader.Bool();
  job.artifact_path = reader.Text();
  job.base_url = reader.Text();
  job.libexec_directory = reader.Text();
  job.restore = reader.Bool();
  job.state = reader.Text();
  KUBEDIAG_RETURN_IF_ERROR(Finish(reader, "job"));
  return message;
}

std::string EncodeDescriptor(const ModuleDescriptor& descriptor) {
  ByteWriter writer;
  writer.U32(descriptor.abi_major);
  writer.U32(descriptor.abi_minor);
  writer.U32(static_cast<uint32_t>(descriptor.operations.size()));
  for (const OperationDescriptor& operation : descriptor.operations) {
    PutOperation(writer, operation);
  }
  return std::move(writer).bytes();
}

Result<ModuleDescriptor> DecodeDescriptor(std::string_view body) {
  ByteReader reader(body);
  ModuleDescriptor descriptor;
  descriptor.abi_major = reader.U32();
  descriptor.abi_minor = reader.U32();
  const size_t operations = reader.Count(4 * kTextBytes);
  for (size_t i = 0; i < operations && reader.ok(); ++i) {
    descriptor.operations.push_back(GetOperation(reader));
  }
  KUBEDIAG_RETURN_IF_ERROR(Finish(reader, "descriptor"));
  return descriptor;
}

std::string EncodeStatus(const Status& status) {
  ByteWriter writer;
  writer.U32(static_cast<uint32_t>(status.code()));
  writer.Text(status.reason());
  writer.Text(status.message());
  return std::move(writer).bytes();
}

Result<StatusMessage> DecodeStatus(std::string_view body) {
  ByteReader reader(body);
  const uint32_t code = reader.U32();
  std::string reason = reader.Text();
  std::string message = reader.Text();
  KUBEDIAG_RETURN_IF_ERROR(Finish(reader, "status"));
  if (code == 0 || code > static_cast<uint32_t>(StatusCode::kInternal)) {
    return Status(StatusCode::kDataLoss, "ProtocolError", "malformed status: unknown code");
  }
  return StatusMessage{
      Status(static_cast<StatusCode>(code), std::move(reason), std::move(message))};
}

std::string EncodeLog(LogLevel level, std::string_view text) {
  ByteWriter writer;
  writer.U32(static_cast<uint32_t>(level));
  writer.Text(text);
  return std::move(writer).bytes();
}

Result<LogMessage> DecodeLog(std::string_view body) {
  ByteReader reader(body);
  const uint32_t level = reader.U32();
  LogMessage message;
  message.text = reader.Text();
  KUBEDIAG_RETURN_IF_ERROR(Finish(reader, "log line"));
  message.level = level <= static_cast<uint32_t>(LogLevel::kError) ? static_cast<LogLevel>(level)
                                                                   : LogLevel::kError;
  return message;
}

std::string EncodePair(std::string_view key, std::string_view value) {
  ByteWriter writer;
  writer.Text(key);
  writer.Text(value);
  return std::move(writer).bytes();
}

Result<PairMessage> DecodePair(std::string_view body) {
  ByteReader reader(body);
  PairMessage message;
  message.key = reader.Text();
  message.value = reader.Text();
  KUBEDIAG_RETURN_IF_ERROR(Finish(reader, "result"));
  return message;
}

std::string EncodeServing(std::chrono::nanoseconds linger, std::string_view state) {
  ByteWriter writer;
  writer.U64(static_cast<uint64_t>(linger.count()));
  writer.Text(state);
  return std::move(writer).bytes();
}

Result<ServingMessage> DecodeServing(std::string_view body) {
  ByteReader reader(body);
  ServingMessage message;
  message.linger = std::min(GetDuration(reader), std::chrono::nanoseconds(kMaxLinger));
  message.state = reader.Text();
  KUBEDIAG_RETURN_IF_ERROR(Finish(reader, "state"));
  return message;
}

std::string EncodeHello() {
  ByteWriter writer;
  writer.U32(kProtocolVersion);
  return std::move(writer).bytes();
}

Status CheckHello(std::string_view body) {
  ByteReader reader(body);
  const uint32_t version = reader.U32();
  KUBEDIAG_RETURN_IF_ERROR(Finish(reader, "hello"));
  if (version == kProtocolVersion) return {};
  return {StatusCode::kFailedPrecondition, "ProtocolError",
          "the operation host speaks protocol " + std::to_string(version) + ", the engine " +
              std::to_string(kProtocolVersion) + ": they belong to different installations"};
}

}  // namespace kubediag::host
