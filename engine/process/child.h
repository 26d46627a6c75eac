// Child: one child process (and its group), from spawn to reaping.
//
// Spawned with posix_spawn, watched through a pidfd, always reaped: destroying a Child kills what
// still lives of it, unless it is another user's that we may not kill: that one is left. Not
// thread-safe; one thread at a time owns a Child.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/core/deadline.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/process/command.h"

namespace kubediag::process {

// How a process ended: exactly one of the two is meaningful.
struct Exit {
  int code = 0;    // exit status, if signal is 0
  int signal = 0;  // the signal that ended it, or 0

  bool success() const { return signal == 0 && code == 0; }
  // "exit status 3" or "signal 11".
  std::string ToString() const;
};

class Child {
 public:
  // NotFound, PermissionDenied …: the program cannot be executed. The child starts with default
  // signal dispositions and no blocked signal.
  static Result<Child> Spawn(const Command& command);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  // Readable once the process has ended. Valid as long as the Child.
  int pidfd() const { return pidfd_.get(); }

  // Waits for the end and reaps; a group of its own is killed with its leader. Empty if `deadline`
  // passed or `stop` was requested first. Answers again once the child has ended.
  std::optional<Exit> Wait(Deadline deadline, std::stop_token stop = {});

  // The same without a limit, and without descriptors to be had or anything else that may fail: for
  // a child that has ended or surely will.
  Exit WaitForEnd();

  // Sends `signal` to the whole group (Group::kInherited: to the process). No effect once it has
  // ended. False: the process has become another user's, and we may not.
  bool Signal(int signal);

  // Gives up a child that may not be killed: no longer waited for, here or in the destructor.
  void Leave();

  // TERM, up to `grace`, then KILL; returns when it has been reaped. Empty if it may not be killed.
  std::optional<Exit> End(std::chrono::nanoseconds grace);

 private:
  Child(pid_t pid, UniqueFd pidfd, Group group);
  Exit Reap();
  void Abandon();

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  Group group_ = Group::kOwn;
  std::optional<Exit> exit_;
};

}  // namespace kubediag::process
