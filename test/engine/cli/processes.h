// What a test sees of the processes that the program has started.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/deadline.h"

namespace kubediag::cli {

// Children of a process, by /proc; those that are dead and not yet waited for are among them.
inline std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::vector<pid_t> children;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

// False: after 30 s there still are some, alive or zombies.
inline bool AwaitNoChildren(pid_t pid) {
  const Deadline deadline = Deadline::After(std::chrono::seconds(30));
  while (!ChildrenOf(pid).empty()) {
    if (deadline.Passed()) return false;
    std::this_thread::yield();
  }
  return true;
}

// False: after 30 s some thread of the process is not stopped yet, as all are a moment after
// SIGSTOP was sent.
inline bool AwaitStopped(pid_t pid) {
  const Deadline deadline = Deadline::After(std::chrono::seconds(30));
  const auto some_thread_runs = [pid] {
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
      std::string line;
      std::ifstream stat(task.path() / "stat");
      std::getline(stat, line);
      const size_t name_end = line.rfind(") ");
      if (name_end == std::string::npos || line[name_end + 2] != 'T') return true;
    }
    return false;
  };
  while (some_thread_runs()) {
    if (deadline.Passed()) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace kubediag::cli
