// Frames: how the engine and the operation host talk over their socket. A message is one or more
// frames of its type, all but the last marked "more"; a frame is a header of 12 bytes (magic, type,
// flags, length; little-endian) and at most kMaxFrameBytes of payload.
//
// What comes in is taken for hostile: the magic tells stray output from frames at once, each type
// has a cap for its whole message, and no size is allocated before its bytes have come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/core/status.h"

namespace kubediag::host {

inline constexpr uint32_t kProtocolVersion = 2;
inline constexpr size_t kFrameHeaderBytes = 12;

enum class MessageType : uint16_t {
  // Engine to host.
  kDescribe = 1,  // empty
  kJob = 2,       // a Job; descriptors ride along
  // Host to engine.
  kHello = 16,       // u32 protocol version
  kLoaded = 17,      // empty: the module has been loaded and checked
  kRefused = 18,     // a Status: the module cannot be used
  kDescriptor = 19,  // a ModuleDescriptor
  kLog = 20,         // u32 level, text
  kResult = 21,      // key, value
  kArtifact = 22,    // key, path
  kServing = 23,     // u64 linger, state: results and artifacts are complete, the run lives on
  kFail = 24,        // a Status: the run has failed
  kEnd = 25,         // empty: the run has ended well
};

struct Message {
  MessageType type{};
  std::string body;
};

// Whether a message that comes from `type`'s side may have that type, and its cap; 0 for types that
// do not exist.
bool IsFromHost(MessageType type);
size_t MaxMessageBytes(MessageType type);

// The header of a frame with `length` bytes of payload.
std::string EncodeFrameHeader(MessageType type, bool more, size_t length);

// A whole message as frames: for small ones, and for tests.
std::string EncodeMessage(MessageType type, std::string_view body);

// Puts messages together from a stream of bytes.
class MessageReader {
 public:
  enum class Peer { kEngine, kHost };  // who is read from
  explicit MessageReader(Peer peer) : peer_(peer) {}

  // Takes in `bytes` and calls `deliver` for each message that is complete. DataLoss (reason
  // ProtocolError) for anything else than frames of the peer, ResourceExhausted (reason
  // ResultLimit) for a result beyond its cap; then, or when `deliver` fails, the stream is useless.
  Status Feed(std::string_view bytes, const std::function<Status(Message)>& deliver);

  // Whether the stream may end here.
  bool AtMessageBoundary() const { return header_.empty() && !in_message_; }

 private:
  Status TakeHeader();

  const Peer peer_;
  std::string header_;  // bytes of an incomplete header
  size_t payload_left_ = 0;
  bool in_frame_ = false;
  bool in_message_ = false;
  bool more_ = false;
  Message message_;
};

}  // namespace kubediag::host
