// The engine's side of the host protocol: whatever bytes a host sends, in whatever pieces, the
// conversation stays within its caps; and whatever bodies claim, decoding reads no further.
//
// Input: the first byte is the size of the pieces, the second chooses what the rest is given to.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/host/conversation.h"
#include "engine/host/messages.h"
#include "engine/host/verdict.h"

namespace {

using kubediag::host::Conversation;

void Converse(std::string_view bytes, size_t piece) {
  Conversation conversation([](kubediag::LogLevel, std::string_view) {});
  while (!bytes.empty()) {
    const size_t size = std::min(piece, bytes.size());
    if (!conversation.Feed(bytes.substr(0, size)).ok()) break;
    bytes.remove_prefix(size);
  }
  const bool broken = !conversation.violation().ok();
  const auto serving = conversation.TakeServing();
  const auto outcome = kubediag::host::Judge(conversation, {});
  // What breaks the rules is never a success.
  if (broken && !conversation.served() && outcome.status.ok()) std::abort();
}

void Decode(std::string_view bytes) {
  namespace host = kubediag::host;
  if (const auto job = host::DecodeJob(bytes); job.ok()) {
    auto copy = job->job;
    copy.artifact_directory = job->has_artifact_directory ? 0 : -1;
    copy.listen_socket = job->has_listen_socket ? 0 : -1;
    if (!host::DecodeJob(host::EncodeJob(copy)).ok()) std::abort();
  }
  if (const auto descriptor = host::DecodeDescriptor(bytes); descriptor.ok()) {
    if (!host::DecodeDescriptor(host::EncodeDescriptor(*descriptor)).ok()) std::abort();
  }
  if (const auto status = host::DecodeStatus(bytes); status.ok() && status->value.ok()) {
    std::abort();
  }
  static_cast<void>(host::DecodeLog(bytes).ok());
  static_cast<void>(host::DecodePair(bytes).ok());
  static_cast<void>(host::DecodeServing(bytes).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (data[1] % 2 == 0) {
    Converse(bytes, size_t{data[0]} + 1);
  } else {
    Decode(bytes);
  }
  return 0;
}
