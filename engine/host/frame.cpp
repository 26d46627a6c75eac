#include "engine/host/frame.h"

#include <algorithm>
#include <utility>

#include "engine/core/limits.h"

namespace kubediag::host {
namespace {

constexpr uint32_t kMagic = 0x3146444B;  // "KDF1"
constexpr uint16_t kMore = 1;
constexpr size_t kSmallMessageBytes = 16 * kKiB;

uint32_t GetU32(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  }
  return value;
}

void PutU32(std::string& bytes, uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
}

Status ProtocolError(std::string message) {
  return {StatusCode::kDataLoss, "ProtocolError", std::move(message)};
}

}  // namespace

bool IsFromHost(MessageType type) { return static_cast<uint16_t>(type) >= 16; }

size_t MaxMessageBytes(MessageType type) {
  switch (type) {
    case MessageType::kDescribe:
    case MessageType::kHello:
    case MessageType::kLoaded:
    case MessageType::kEnd:
      return 64;
    case MessageType::kRefused:
    case MessageType::kFail:
    case MessageType::kLog:
    case MessageType::kArtifact:
      return kSmallMessageBytes;
    case MessageType::kServing:
      return kMaxStateBytes + kSmallMessageBytes;
    case MessageType::kResult:
      return kMaxResultValueBytes + kSmallMessageBytes;
    case MessageType::kDescriptor:
      return kMaxDescriptorBytes;
    case MessageType::kJob:
      return kMaxJobBytes;
  }
  return 0;
}

std::string EncodeFrameHeader(MessageType type, bool more, size_t length) {
  std::string header;
  header.reserve(kFrameHeaderBytes);
  PutU32(header, kMagic);
  PutU32(header, static_cast<uint32_t>(type) | (more ? uint32_t{kMore} << 16 : 0));
  PutU32(header, static_cast<uint32_t>(length));
  return header;
}

std::string EncodeMessage(MessageType type, std::string_view body) {
  std::string bytes;
  do {
    const size_t size = std::min(body.size(), kMaxFrameBytes);
    bytes += EncodeFrameHeader(type, size < body.size(), size);
    bytes += body.substr(0, size);
    body.remove_prefix(size);
  } while (!body.empty());
  return bytes;
}

Status MessageReader::TakeHeader() {
  const std::string header = std::exchange(header_, {});
  if (GetU32(header, 0) != kMagic) return ProtocolError("bytes that are no frame");
  const uint32_t word = GetU32(header, 4);
  const auto type = static_cast<MessageType>(word & 0xFFFF);
  const uint32_t flags = word >> 16;
  const size_t length = GetU32(header, 8);
  const std::string name = "frame of type " + std::to_string(word & 0xFFFF);
  if (MaxMessageBytes(type) == 0 || IsFromHost(type) != (peer_ == Peer::kHost)) {
    return ProtocolError(name + " is not for us");
  }
  if ((flags & ~uint32_t{kMore}) != 0) return ProtocolError(name + " with unknown flags");
  if (length > kMaxFrameBytes) {
    return ProtocolError(name + " of " + std::to_string(length) + " bytes");
  }
  if (in_message_ && type != message_.type) {
    return ProtocolError(name + " within a message of another type");
  }
  if ((flags & kMore) != 0 && length == 0) return ProtocolError("empty frame within a message");
  if (!in_message_) message_ = Message{type, {}};
  if (message_.body.size() + length > MaxMessageBytes(type)) {
    if (type == MessageType::kResult) {
      return {StatusCode::kResourceExhausted, "ResultLimit",
              "a result of more than " + std::to_string(kMaxResultValueBytes) + " bytes"};
    }
    return ProtocolError(name + " makes its message too long");
  }
  in_message_ = true;
  in_frame_ = true;
  more_ = (flags & kMore) != 0;
  payload_left_ = length;
  return {};
}

Status MessageReader::Feed(std::string_view bytes, const std::function<Status(Message)>& deliver) {
  while (!bytes.empty() || (in_frame_ && payload_left_ == 0)) {
    if (!in_frame_) {
      const size_t size = std::min(bytes.size(), kFrameHeaderBytes - header_.size());
      header_ += bytes.substr(0, size);
      bytes.remove_prefix(size);
      if (header_.size() < kFrameHeaderBytes) break;
      KUBEDIAG_RETURN_IF_ERROR(TakeHeader());
    }
    const size_t size = std::min(bytes.size(), payload_left_);
    message_.body += bytes.substr(0, size);
    bytes.remove_prefix(size);
    payload_left_ -= size;
    if (payload_left_ > 0) break;
    in_frame_ = false;
    if (more_) continue;
    in_message_ = false;
    KUBEDIAG_RETURN_IF_ERROR(deliver(std::exchange(message_, {})));
  }
  return {};
}

}  // namespace kubediag::host
