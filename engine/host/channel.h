// Channel: one end of the socket between engine and host, message-wise.
//
// Sending is thread-safe. Reading is for one thread at a time. SIGPIPE is never raised.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/host/frame.h"

namespace kubediag::host {

class Channel {
 public:
  // A connected pair: our end, and the one for the host.
  static Result<std::pair<UniqueFd, UniqueFd>> MakePair();

  explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }

  // The peer finds it closed, and so do we.
  void HangUp();

  // Sends the whole message, waiting as long as the peer needs to take it. Up to kMaxDescriptors
  // `descriptors` are duplicated into the peer. Unavailable when the peer is gone.
  Status Send(MessageType type, std::string_view body, const std::vector<int>& descriptors = {});

  // The same piece by piece, for who has more to wait for than the peer: each Push() sends what the
  // socket takes now, until done(). Borrows body and descriptors. One message at a time.
  class Outgoing {
   public:
    // At most kMaxDescriptors of them.
    Outgoing(MessageType type, std::string_view body, std::vector<int> descriptors);

    bool done() const { return done_; }

   private:
    friend class Channel;
    void NextFrame();

    const MessageType type_;
    std::string_view body_;  // what is in no frame yet
    std::vector<int> descriptors_;
    std::string header_;        // of the frame under way: what is left of it
    std::string_view payload_;  // likewise
    size_t header_sent_ = 0;
    bool done_ = false;
  };
  Status Push(Outgoing& message);

  static constexpr size_t kMaxDescriptors = 2;

  enum class ReadEnd { kAgain, kClosed };
  // Reads what has come and appends it to `bytes`, without waiting; at most about `max_bytes`.
  // Descriptors that ride along are appended to `descriptors`, or closed if that is null.
  ReadEnd Read(std::string& bytes, size_t max_bytes, std::vector<UniqueFd>* descriptors = nullptr);

 private:
  Status PushLocked(Outgoing& message);

  UniqueFd socket_;
  std::mutex send_mutex_;
};

}  // namespace kubediag::host
