#include "engine/host/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/limits.h"

namespace kubediag::host {
namespace {

constexpr size_t kReadBytes = 64 * kKiB;

// Room for the descriptors of one message, aligned as the kernel wants it.
union ControlBuffer {
  char bytes[CMSG_SPACE(sizeof(int) * Channel::kMaxDescriptors)];
  cmsghdr align;
};

void Attach(msghdr& message, ControlBuffer& control, const std::vector<int>& descriptors) {
  const size_t size = sizeof(int) * descriptors.size();
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(header), descriptors.data(), size);
}

void Detach(msghdr& message, std::vector<UniqueFd>* descriptors) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      UniqueFd owned(fd);
      if (descriptors != nullptr) descriptors->push_back(std::move(owned));
    }
  }
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> Channel::MakePair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Status::FromErrno("make a socket pair", errno);
  }
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

void Channel::HangUp() { shutdown(socket_.get(), SHUT_RDWR); }

Channel::Outgoing::Outgoing(MessageType type, std::string_view body, std::vector<int> descriptors)
    : type_(type), body_(body), descriptors_(std::move(descriptors)) {
  NextFrame();
}

void Channel::Outgoing::NextFrame() {
  const size_t size = std::min(body_.size(), kMaxFrameBytes);
  header_ = EncodeFrameHeader(type_, size < body_.size(), size);
  header_sent_ = 0;
  payload_ = body_.substr(0, size);
  body_.remove_prefix(size);
}

Status Channel::Send(MessageType type, std::string_view body, const std::vector<int>& descriptors) {
  if (descriptors.size() > kMaxDescriptors) {
    return Status::InvalidArgument("too many descriptors for one message");
  }
  const std::lock_guard lock(send_mutex_);
  Outgoing message(type, body, descriptors);
  for (;;) {
    KUBEDIAG_RETURN_IF_ERROR(PushLocked(message));
    if (message.done()) return {};
    pollfd entry{socket_.get(), POLLOUT, 0};
    poll(&entry, 1, -1);
  }
}

Status Channel::Push(Outgoing& message) {
  const std::lock_guard lock(send_mutex_);
  return PushLocked(message);
}

Status Channel::PushLocked(Outgoing& out) {
  ControlBuffer control{};
  while (!out.done_) {
    const std::string_view header = std::string_view{out.header_}.substr(out.header_sent_);
    iovec parts[2] = {{const_cast<char*>(header.data()), header.size()},
                      {const_cast<char*>(out.payload_.data()), out.payload_.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    if (!out.descriptors_.empty()) Attach(message, control, out.descriptors_);
    const ssize_t put = sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return {};
    if (put < 0) return Status::FromErrno("send to the peer", errno);
    out.descriptors_.clear();
    const size_t of_header = std::min(static_cast<size_t>(put), header.size());
    out.header_sent_ += of_header;
    out.payload_.remove_prefix(static_cast<size_t>(put) - of_header);
    if (out.header_sent_ < out.header_.size() || !out.payload_.empty()) continue;
    if (out.body_.empty()) {
      out.done_ = true;
    } else {
      out.NextFrame();
    }
  }
  return {};
}

Channel::ReadEnd Channel::Read(std::string& bytes, size_t max_bytes,
                               std::vector<UniqueFd>* descriptors) {
  const size_t before = bytes.size();
  while (bytes.size() - before < max_bytes) {
    const size_t used = bytes.size();
    bytes.resize(used + kReadBytes);
    iovec part{bytes.data() + used, kReadBytes};
    ControlBuffer control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptors != nullptr) {
      message.msg_control = control.bytes;
      message.msg_controllen = sizeof control.bytes;
    }
    const ssize_t got = recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const int error = errno;
    bytes.resize(used + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got > 0 && descriptors != nullptr) Detach(message, descriptors);
    if (got < 0 && error == EINTR) continue;
    if (got < 0 && error == EAGAIN) return ReadEnd::kAgain;
    if (got <= 0) return ReadEnd::kClosed;
    if (static_cast<size_t>(got) < kReadBytes) return ReadEnd::kAgain;
  }
  return ReadEnd::kAgain;
}

}  // namespace kubediag::host
