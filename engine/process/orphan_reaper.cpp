#include "engine/process/orphan_reaper.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/deadline.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/process/pidfd.h"
#include "engine/process/spawn_registry.h"

namespace kubediag::process {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxProcFileBytes = 1 * kMiB;

void AppendPids(std::string_view text, std::vector<pid_t>& pids) {
  pid_t pid = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      pid = pid * 10 + (c - '0');
    } else if (pid > 0) {
      pids.push_back(pid);
      pid = 0;
    }
  }
  if (pid > 0) pids.push_back(pid);
}

// The value of a "Name:\tvalue" line of /proc/<pid>/status; empty if there is none.
std::string StatusField(pid_t pid, std::string_view name) {
  auto text = ReadFile("/proc/" + std::to_string(pid) + "/status", kMaxProcFileBytes);
  if (!text.ok()) return {};
  const std::string key = "\n" + std::string(name) + ":\t";
  const size_t at = text->find(key);
  if (at == std::string::npos) return {};
  const size_t begin = at + key.size();
  return text->substr(begin, text->find('\n', begin) - begin);
}

// For kernels without /proc/<pid>/task/<tid>/children.
std::vector<pid_t> ChildrenByScan() {
  const std::string self = std::to_string(getpid());
  std::vector<pid_t> children;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    std::vector<pid_t> pid;
    AppendPids(it->path().filename().native(), pid);
    if (pid.size() == 1 && StatusField(pid[0], "PPid") == self) children.push_back(pid[0]);
  }
  return children;
}

std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  bool readable = false;
  std::error_code error;
  for (fs::directory_iterator it("/proc/self/task", error), end; !error && it != end;
       it.increment(error)) {
    auto text = ReadFile(it->path().native() + "/children", kMaxProcFileBytes);
    if (!text.ok()) continue;  // the thread has ended meanwhile
    readable = true;
    AppendPids(*text, children);
  }
  return readable ? children : ChildrenByScan();
}

struct Sweep {
  size_t reaped = 0;
  pid_t still_dying = -1;
};

Sweep KillOrphans() {
  Sweep sweep;
  SpawnRegistry::OfThisProcess().Inspect([&](const std::unordered_set<pid_t>& known) {
    for (const pid_t pid : Children()) {
      if (known.contains(pid) || StatusField(pid, "NoNewPrivs") != "1") continue;
      const bool permitted = kill(pid, SIGKILL) == 0 || errno != EPERM;
      if (waitpid(pid, nullptr, WNOHANG) == pid) {
        ++sweep.reaped;
      } else if (permitted) {  // else nothing is to be waited for
        sweep.still_dying = pid;
      }
    }
  });
  return sweep;
}

void AwaitEnd(pid_t pid, Deadline deadline) {
  const UniqueFd pidfd = OpenPidfd(pid);
  if (!pidfd.valid()) return;
  pollfd entry{pidfd.get(), POLLIN, 0};
  poll(&entry, 1, deadline.PollTimeout());
}

}  // namespace

OrphanReaper::OrphanReaper() {
  int before = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &before, 0, 0, 0);
  was_subreaper_ = before != 0;
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

OrphanReaper::~OrphanReaper() { prctl(PR_SET_CHILD_SUBREAPER, was_subreaper_ ? 1 : 0, 0, 0, 0); }

size_t OrphanReaper::Reap() {
  const Deadline deadline = Deadline::After(kOrphanTimeout);
  size_t reaped = 0;
  for (;;) {
    const Sweep sweep = KillOrphans();
    reaped += sweep.reaped;
    if (sweep.reaped == 0 && sweep.still_dying < 0) return reaped;
    if (deadline.Passed()) return reaped;  // the next call finds it again
    if (sweep.still_dying > 0) AwaitEnd(sweep.still_dying, deadline);
  }
}

}  // namespace kubediag::process
