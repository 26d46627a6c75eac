// StopOnReadable: a stop_token that is requested once a descriptor becomes readable, for code that
// is told of its end by a descriptor (an operation module) and calls code that wants a token.
//
// Owns a thread; borrows the descriptor and never reads from it. -1: the token is never requested.
#pragma once

#include <poll.h>

#include <cerrno>
#include <stop_token>
#include <thread>

#include "engine/process/stop_event.h"

namespace kubediag::process {

class StopOnReadable {
 public:
  explicit StopOnReadable(int fd) {
    if (fd < 0) return;
    thread_ = std::thread([this, fd] { Watch(fd); });
  }
  StopOnReadable(const StopOnReadable&) = delete;
  StopOnReadable& operator=(const StopOnReadable&) = delete;
  ~StopOnReadable() {
    ending_.Fire();
    if (thread_.joinable()) thread_.join();
  }

  std::stop_token token() const { return source_.get_token(); }

 private:
  void Watch(int fd) {
    pollfd watched[2] = {{fd, POLLIN, 0}, {ending_.fd(), POLLIN, 0}};
    int ready = 0;
    do {
      ready = poll(watched, 2, -1);
    } while (ready < 0 && errno == EINTR);
    if (ready > 0 && watched[0].revents != 0) source_.request_stop();
  }

  std::stop_source source_;
  StopEvent ending_;
  std::thread thread_;
};

}  // namespace kubediag::process
