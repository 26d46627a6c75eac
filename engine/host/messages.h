// The bodies of messages that are more than a text. Decoding takes its bytes for hostile: DataLoss
// (reason ProtocolError) for anything malformed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/operation/descriptor.h"
#include "engine/operation/job.h"

namespace kubediag::host {

// A Job without its descriptors; the two booleans say which ride along, in this order.
struct JobMessage {
  operation::Job job;
  bool has_artifact_directory = false;
  bool has_listen_socket = false;
};
std::string EncodeJob(const operation::Job& job);
Result<JobMessage> DecodeJob(std::string_view body);

std::string EncodeDescriptor(const operation::ModuleDescriptor& descriptor);
Result<operation::ModuleDescriptor> DecodeDescriptor(std::string_view body);

// Never ok: an ok Status has no encoding.
std::string EncodeStatus(const Status& status);
// The decoded Status is `value`; the outer one says whether it could be decoded.
struct StatusMessage {
  Status value;
};
Result<StatusMessage> DecodeStatus(std::string_view body);

struct LogMessage {
  LogLevel level = LogLevel::kInfo;
  std::string text;
};
std::string EncodeLog(LogLevel level, std::string_view text);
Result<LogMessage> DecodeLog(std::string_view body);

// A result, or an artifact with its path as value.
struct PairMessage {
  std::string key;
  std::string value;
};
std::string EncodePair(std::string_view key, std::string_view value);
Result<PairMessage> DecodePair(std::string_view body);

struct ServingMessage {
  std::chrono::nanoseconds linger{0};
  std::string state;
};
std::string EncodeServing(std::chrono::nanoseconds linger, std::string_view state);
Result<ServingMessage> DecodeServing(std::string_view body);

std::string EncodeHello();
// ProtocolError if the host speaks another version.
Status CheckHello(std::string_view body);

}  // namespace kubediag::host
