// Signals: SIGINT, SIGTERM and SIGHUP as calls from a thread of their own. The first asks the
// program to end in order, the second ends it at once.
#pragma once

#include <functional>
#include <thread>

#include "engine/core/unique_fd.h"

namespace kubediag::cli {

class Signals {
 public:
  // Blocks the signals for the calling thread and all it starts later: make it before any other
  // thread. SIGPIPE is ignored from here on: a reader that has gone is an error of write(2).
  // `on_first` is called once, from another thread. SIGHUP is left alone if it is ignored (nohup).
  explicit Signals(std::function<void(int signal)> on_first);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void Wait();

  std::function<void(int signal)> on_first_;
  UniqueFd signals_;
  UniqueFd stop_;
  std::thread thread_;
};

}  // namespace kubediag::cli
